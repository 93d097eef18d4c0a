using Hypervex.Wire;

namespace Hypervex.Server.Grpc;

/// <summary>
/// The bytes of a call are not what gRPC over HTTP/2 asks for.
/// Thread safety: immutable.
/// </summary>
internal sealed class ProtocolException(GrpcStatusCode status, string message) : Exception(message)
{
    /// <summary>The status that the protocol names for it.</summary>
    public GrpcStatusCode Status { get; } = status;
}
