namespace Hypervex.Wire;

/// <summary>
/// The stable <c>code</c> of every problem answer; docs/errors.md says for each what it means and what to do. The first
/// group is the engine's closed set in snake_case; the second belongs to HTTP.
/// Thread safety: constants.
/// </summary>
public static class ErrorCodes
{
    /// <summary>400: an argument is not acceptable and no more specific code fits.</summary>
    public const string InvalidArgument = "invalid_argument";

    /// <summary>400: a component, or the norm, is NaN or infinite as float32.</summary>
    public const string NonFiniteVector = "non_finite_vector";

    /// <summary>400: the zero vector under a metric that needs a direction.</summary>
    public const string ZeroNorm = "zero_norm";

    /// <summary>400: the vector lies outside of the metric's domain.</summary>
    public const string OutOfDomain = "out_of_domain";

    /// <summary>400: the vector's length is not the field's dimension.</summary>
    public const string DimensionMismatch = "dimension_mismatch";

    /// <summary>400: empty, missing, or not a list of numbers.</summary>
    public const string InvalidVector = "invalid_vector";

    /// <summary>400: a number is outside of its range.</summary>
    public const string LimitOutOfRange = "limit_out_of_range";

    /// <summary>400: JSON that cannot be read strictly.</summary>
    public const string InvalidJson = "invalid_json";

    /// <summary>400: a name that is not allowed.</summary>
    public const string InvalidName = "invalid_name";

    /// <summary>400: an id that is empty, too long or not Unicode.</summary>
    public const string InvalidId = "invalid_id";

    /// <summary>400: metadata that is too large, too deep or cannot be kept exactly.</summary>
    public const string InvalidMetadata = "invalid_metadata";

    /// <summary>400: a document that is too large or not Unicode.</summary>
    public const string InvalidDocument = "invalid_document";

    /// <summary>400: not of the filter language.</summary>
    public const string InvalidFilter = "invalid_filter";

    /// <summary>404: no such record.</summary>
    public const string NotFound = "not_found";

    /// <summary>404: no such collection.</summary>
    public const string CollectionNotFound = "collection_not_found";

    /// <summary>409: the record exists already.</summary>
    public const string AlreadyExists = "already_exists";

    /// <summary>409: the collection exists already.</summary>
    public const string CollectionExists = "collection_exists";

    /// <summary>412: the record's version is not the one of <c>If-Match</c>.</summary>
    public const string VersionMismatch = "version_mismatch";

    /// <summary>507: the collection is full.</summary>
    public const string CapacityExceeded = "capacity_exceeded";

    /// <summary>507: the write would exceed the memory limit.</summary>
    public const string MemoryLimit = "memory_limit";

    /// <summary>507: the disk is full; reads go on.</summary>
    public const string DiskFull = "disk_full";

    /// <summary>503: the log could not be made durable, or a defect has parted memory from it; no write is accepted until a restart.</summary>
    public const string LogFailed = "log_failed";

    /// <summary>500: a file is damaged.</summary>
    public const string Damaged = "damaged";

    /// <summary>500: a file was written by a newer version.</summary>
    public const string UnsupportedFormat = "unsupported_format";

    /// <summary>422: a snapshot archive is damaged, of another kind or version, or does not fit the collection.</summary>
    public const string BadSnapshot = "bad_snapshot";

    /// <summary>410: changes from this position on cannot be told any more.</summary>
    public const string PositionExpired = "position_expired";
    /// <summary>An alias stands for the collection.</summary>
    public const string CollectionInUse = "collection_in_use";

    /// <summary>503: the data directory is open elsewhere.</summary>
    public const string Locked = "locked";

    /// <summary>503: the database is closing.</summary>
    public const string Closed = "closed";

    /// <summary>503: the database is opening.</summary>
    public const string Opening = "opening";

    /// <summary>503: the data directory cannot be read or written.</summary>
    public const string StorageUnavailable = "storage_unavailable";

    /// <summary>429: too much work is under way.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>504: the work was stopped by its deadline.</summary>
    public const string Timeout = "timeout";

    /// <summary>404: no such route.</summary>
    public const string RouteNotFound = "route_not_found";

    /// <summary>405: the route exists for other methods; <c>Allow</c> names them.</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>415: the body is not of a type that the route reads.</summary>
    public const string UnsupportedMediaType = "unsupported_media_type";

    /// <summary>413: the body, or a line of it, is too large.</summary>
    public const string BodyTooLarge = "body_too_large";

    /// <summary>408: the body came too slowly.</summary>
    public const string RequestTimeout = "request_timeout";

    /// <summary>400: not HTTP as this server reads it.</summary>
    public const string BadRequest = "bad_request";

    /// <summary>401: the request has no key, or one that is not valid.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>403: the key is not for this: its scope is too small, or the collection is not among its own.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>403: the Host header does not name this machine's loopback.</summary>
    public const string ForbiddenHost = "forbidden_host";

    /// <summary>500: a fault of the server; its log holds the details under the request's id.</summary>
    public const string InternalError = "internal_error";
}
