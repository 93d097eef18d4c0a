using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Hypervex.Server.Http;
using Hypervex.Wire;
using Microsoft.AspNetCore.Http;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// How a call ended, and how that is told: <c>grpc-status</c>, <c>grpc-message</c>, and for an error <c>hypervex-code</c>, <c>grpc-status-details-bin</c>, and where the call may succeed in a moment <c>retry-after</c>.
/// Thread safety: immutable.
/// </summary>
/// <param name="Status">The status.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/>; null when the call succeeded, or nobody listens.</param>
/// <param name="Message">A sentence of this program.</param>
internal sealed record GrpcStatus(GrpcStatusCode Status, string? Code, string Message)
{
    // Encoded as percent triplets in one trailer and as base64 in another, it stays below the 8 KiB that clients accept together.
    private const int MaxMessageBytes = 1_024;

    /// <summary>The call succeeded.</summary>
    public static GrpcStatus Ok { get; } = new(GrpcStatusCode.Ok, null, "");

    /// <summary>What a client is told of an error.</summary>
    public static GrpcStatus Of(Exception error)
    {
        if (error is ProtocolException broken)
        {
            return new GrpcStatus(broken.Status, ErrorCodes.BadRequest, broken.Message);
        }

        (string code, string detail) = Problem.Of(error);
        return new GrpcStatus(ErrorTable.Of(code).Grpc, code, detail);
    }

    /// <summary>Puts the status where it belongs: into the headers as long as there is nothing else to send, else into the trailers.</summary>
    public void WriteTo(HttpResponse response, bool inHeaders)
    {
        void Put(string name, string value)
        {
            if (inHeaders)
            {
                response.Headers[name] = value;
            }
            else
            {
                response.AppendTrailer(name, value);
            }
        }

        Put("grpc-status", ((int)Status).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (Status == GrpcStatusCode.Ok)
        {
            return;
        }

        string message = GrpcMessageText.Shorten(Message, MaxMessageBytes);
        Put("grpc-message", GrpcMessageText.Encode(message));
        if (Code is not null)
        {
            Put("hypervex-code", Code);
            if (ErrorTable.Of(Code).MayTryAgain)
            {
                Put("retry-after", Problem.RetryAfterSeconds);
            }

            Put("grpc-status-details-bin", DetailsOf(message));
        }
    }

    private string DetailsOf(string message)
    {
        var status = new V1.ErrorStatus { Code = (int)Status, Message = message };
        status.Details.Add(Any.Pack(new V1.ErrorDetails { Code = Code }));
        return Convert.ToBase64String(status.ToByteArray()).TrimEnd('=');
    }
}
