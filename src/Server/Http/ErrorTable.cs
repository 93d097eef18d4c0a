using System.Collections.Frozen;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Http;

/// <summary>What a code means in HTTP and in gRPC.</summary>
/// <param name="Status">The status in HTTP.</param>
/// <param name="Title">The kind of problem in a few words.</param>
/// <param name="Grpc">The status in gRPC.</param>
internal readonly record struct ErrorMeaning(int Status, string Title, GrpcStatusCode Grpc)
{
    /// <summary>Whether the same request may succeed in a moment.</summary>
    public bool MayTryAgain => Status is 429 or 503;
}

/// <summary>
/// The one place that maps codes to statuses, of HTTP and gRPC, and to titles.
/// Invariant: every <see cref="ErrorCode"/> has an entry under its snake_case name.
/// Thread safety: immutable.
/// </summary>
internal static class ErrorTable
{
    private static readonly FrozenDictionary<string, ErrorMeaning> _meanings = new Dictionary<string, ErrorMeaning>
    {
        [ErrorCodes.InvalidArgument] = new(400, "Invalid argument", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.NonFiniteVector] = new(400, "Vector is not finite", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.ZeroNorm] = new(400, "Vector has no direction", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.OutOfDomain] = new(400, "Vector is outside of the metric's domain", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.DimensionMismatch] = new(400, "Wrong dimension", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.InvalidVector] = new(400, "Invalid vector", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.LimitOutOfRange] = new(400, "Number out of range", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.InvalidJson] = new(400, "Invalid JSON", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.InvalidName] = new(400, "Invalid name", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.InvalidId] = new(400, "Invalid id", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.InvalidMetadata] = new(400, "Invalid metadata", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.InvalidDocument] = new(400, "Invalid document", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.InvalidFilter] = new(400, "Invalid filter", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.NotFound] = new(404, "Record not found", GrpcStatusCode.NotFound),
        [ErrorCodes.CollectionNotFound] = new(404, "Collection not found", GrpcStatusCode.NotFound),
        [ErrorCodes.AlreadyExists] = new(409, "Record exists already", GrpcStatusCode.AlreadyExists),
        [ErrorCodes.CollectionExists] = new(409, "Collection exists already", GrpcStatusCode.AlreadyExists),
        [ErrorCodes.CollectionInUse] = new(409, "Collection has aliases", GrpcStatusCode.FailedPrecondition),
        [ErrorCodes.VersionMismatch] = new(412, "Version does not match", GrpcStatusCode.Aborted),
        [ErrorCodes.CapacityExceeded] = new(507, "Collection is full", GrpcStatusCode.ResourceExhausted),
        [ErrorCodes.MemoryLimit] = new(507, "Memory limit reached", GrpcStatusCode.ResourceExhausted),
        [ErrorCodes.DiskFull] = new(507, "Disk is full", GrpcStatusCode.ResourceExhausted),
        [ErrorCodes.LogFailed] = new(503, "Log failed", GrpcStatusCode.Unavailable),
        [ErrorCodes.Damaged] = new(500, "Data is damaged", GrpcStatusCode.DataLoss),
        [ErrorCodes.UnsupportedFormat] = new(500, "File format is newer", GrpcStatusCode.FailedPrecondition),
        [ErrorCodes.BadSnapshot] = new(422, "Snapshot cannot be restored", GrpcStatusCode.InvalidArgument),
        [ErrorCodes.PositionExpired] = new(410, "Position expired", GrpcStatusCode.OutOfRange),
        [ErrorCodes.Locked] = new(503, "Data directory is in use", GrpcStatusCode.Unavailable),
        [ErrorCodes.Closed] = new(503, "Database is closed", GrpcStatusCode.Unavailable),
        [ErrorCodes.Opening] = new(503, "Database is opening", GrpcStatusCode.Unavailable),
        [ErrorCodes.StorageUnavailable] = new(503, "Storage is unavailable", GrpcStatusCode.Unavailable),
        [ErrorCodes.Overloaded] = new(429, "Too much work", GrpcStatusCode.ResourceExhausted),
        [ErrorCodes.Timeout] = new(504, "Deadline passed", GrpcStatusCode.DeadlineExceeded),
        [ErrorCodes.RouteNotFound] = new(404, "Route not found", GrpcStatusCode.Unimplemented),
        [ErrorCodes.MethodNotAllowed] = new(405, "Method not allowed", GrpcStatusCode.Unimplemented),
        [ErrorCodes.UnsupportedMediaType] = new(415, "Unsupported media type", GrpcStatusCode.Unimplemented),
        [ErrorCodes.BodyTooLarge] = new(413, "Body too large", GrpcStatusCode.ResourceExhausted),
        [ErrorCodes.RequestTimeout] = new(408, "Request timed out", GrpcStatusCode.DeadlineExceeded),
        [ErrorCodes.BadRequest] = new(400, "Bad request", GrpcStatusCode.Internal),
        [ErrorCodes.Unauthorized] = new(401, "No valid key", GrpcStatusCode.Unauthenticated),
        [ErrorCodes.Forbidden] = new(403, "Not allowed to this key", GrpcStatusCode.PermissionDenied),
        [ErrorCodes.ForbiddenHost] = new(403, "Host not allowed", GrpcStatusCode.PermissionDenied),
        [ErrorCodes.InternalError] = new(500, "Internal error", GrpcStatusCode.Internal),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All codes.</summary>
    public static IEnumerable<string> Codes => _meanings.Keys;

    /// <summary>The meaning of a code.</summary>
    public static ErrorMeaning Of(string code) => _meanings[code];

    /// <summary>The wire name of an engine's code.</summary>
    public static string NameOf(ErrorCode code) => WireName<ErrorCode>.Of(code);
}
