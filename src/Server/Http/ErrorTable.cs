using System.Collections.Frozen;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Http;

/// <summary>What a code means in HTTP.</summary>
/// <param name="Status">The status.</param>
/// <param name="Title">The kind of problem in a few words.</param>
internal readonly record struct ErrorMeaning(int Status, string Title);

/// <summary>
/// The one place that maps codes to HTTP statuses and titles.
/// Invariant: every <see cref="ErrorCode"/> has an entry under its snake_case name.
/// Thread safety: immutable.
/// </summary>
internal static class ErrorTable
{
    private static readonly FrozenDictionary<string, ErrorMeaning> _meanings = new Dictionary<string, ErrorMeaning>
    {
        [ErrorCodes.InvalidArgument] = new(400, "Invalid argument"),
        [ErrorCodes.NonFiniteVector] = new(400, "Vector is not finite"),
        [ErrorCodes.ZeroNorm] = new(400, "Vector has no direction"),
        [ErrorCodes.OutOfDomain] = new(400, "Vector is outside of the metric's domain"),
        [ErrorCodes.DimensionMismatch] = new(400, "Wrong dimension"),
        [ErrorCodes.InvalidVector] = new(400, "Invalid vector"),
        [ErrorCodes.LimitOutOfRange] = new(400, "Number out of range"),
        [ErrorCodes.InvalidJson] = new(400, "Invalid JSON"),
        [ErrorCodes.InvalidName] = new(400, "Invalid name"),
        [ErrorCodes.InvalidId] = new(400, "Invalid id"),
        [ErrorCodes.InvalidMetadata] = new(400, "Invalid metadata"),
        [ErrorCodes.InvalidDocument] = new(400, "Invalid document"),
        [ErrorCodes.InvalidFilter] = new(400, "Invalid filter"),
        [ErrorCodes.NotFound] = new(404, "Record not found"),
        [ErrorCodes.CollectionNotFound] = new(404, "Collection not found"),
        [ErrorCodes.AlreadyExists] = new(409, "Record exists already"),
        [ErrorCodes.CollectionExists] = new(409, "Collection exists already"),
        [ErrorCodes.VersionMismatch] = new(412, "Version does not match"),
        [ErrorCodes.CapacityExceeded] = new(507, "Collection is full"),
        [ErrorCodes.MemoryLimit] = new(507, "Memory limit reached"),
        [ErrorCodes.DiskFull] = new(507, "Disk is full"),
        [ErrorCodes.LogFailed] = new(503, "Log failed"),
        [ErrorCodes.Damaged] = new(500, "Data is damaged"),
        [ErrorCodes.UnsupportedFormat] = new(500, "File format is newer"),
        [ErrorCodes.BadSnapshot] = new(422, "Snapshot cannot be restored"),
        [ErrorCodes.Locked] = new(503, "Data directory is in use"),
        [ErrorCodes.Closed] = new(503, "Database is closed"),
        [ErrorCodes.Opening] = new(503, "Database is opening"),
        [ErrorCodes.StorageUnavailable] = new(503, "Storage is unavailable"),
        [ErrorCodes.Overloaded] = new(429, "Too much work"),
        [ErrorCodes.Timeout] = new(504, "Deadline passed"),
        [ErrorCodes.RouteNotFound] = new(404, "Route not found"),
        [ErrorCodes.MethodNotAllowed] = new(405, "Method not allowed"),
        [ErrorCodes.UnsupportedMediaType] = new(415, "Unsupported media type"),
        [ErrorCodes.BodyTooLarge] = new(413, "Body too large"),
        [ErrorCodes.RequestTimeout] = new(408, "Request timed out"),
        [ErrorCodes.BadRequest] = new(400, "Bad request"),
        [ErrorCodes.Unauthorized] = new(401, "No valid key"),
        [ErrorCodes.Forbidden] = new(403, "Not allowed to this key"),
        [ErrorCodes.ForbiddenHost] = new(403, "Host not allowed"),
        [ErrorCodes.InternalError] = new(500, "Internal error"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All codes.</summary>
    public static IEnumerable<string> Codes => _meanings.Keys;

    /// <summary>The meaning of a code.</summary>
    public static ErrorMeaning Of(string code) => _meanings[code];

    /// <summary>The wire name of an engine's code.</summary>
    public static string NameOf(ErrorCode code) => WireName<ErrorCode>.Of(code);
}
