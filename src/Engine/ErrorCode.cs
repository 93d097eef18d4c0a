namespace Hypervex;

/// <summary>
/// The closed set of operating errors. Their wire names are the snake_case forms (<c>NonFiniteVector</c> is
/// <c>non_finite_vector</c>), which are stable.
/// </summary>
public enum ErrorCode
{
    /// <summary>An argument is not acceptable and no more specific code fits.</summary>
    InvalidArgument = 0,

    /// <summary>A component, or the norm, is NaN or infinite after conversion to float32.</summary>
    NonFiniteVector,

    /// <summary>The zero vector has no direction: it cannot be stored or searched under cosine.</summary>
    ZeroNorm,

    /// <summary>The vector lies outside of the domain of the field's metric.</summary>
    OutOfDomain,

    /// <summary>The vector's length is not the dimension of its field.</summary>
    DimensionMismatch,

    /// <summary>Empty, not an array of numbers, or missing.</summary>
    InvalidVector,

    /// <summary>k, ef, limit or another number is outside of its range.</summary>
    LimitOutOfRange,

    /// <summary>JSON that cannot be read strictly: unknown or duplicate key, wrong type, too deep, bad UTF-8.</summary>
    InvalidJson,

    /// <summary>A collection, field or snapshot name that is not allowed.</summary>
    InvalidName,

    /// <summary>An id that is empty, longer than 512 UTF-8 bytes, or not well-formed Unicode.</summary>
    InvalidId,

    /// <summary>Metadata that is too large, too deep or holds a value that cannot be stored exactly.</summary>
    InvalidMetadata,

    /// <summary>A document that is too large or not well-formed Unicode.</summary>
    InvalidDocument,

    /// <summary>A filter that is not of the filter language; the message names the path.</summary>
    InvalidFilter,

    /// <summary>The record does not exist.</summary>
    NotFound,

    /// <summary>The collection does not exist.</summary>
    CollectionNotFound,

    /// <summary>The record exists already.</summary>
    AlreadyExists,

    /// <summary>The collection exists already.</summary>
    CollectionExists,

    /// <summary>The record's version is not the one that the condition asked for.</summary>
    VersionMismatch,

    /// <summary>The collection holds as many records as its capacity allows.</summary>
    CapacityExceeded,

    /// <summary>The write would exceed the memory limit.</summary>
    MemoryLimit,

    /// <summary>The disk is full; reads go on.</summary>
    DiskFull,

    /// <summary>The log could not be made durable, or a defect has parted memory from it (the message tells which): reads go on, no further write is accepted until the database is opened again.</summary>
    LogFailed,

    /// <summary>A file is damaged: a checksum, length or cross-reference does not hold.</summary>
    Damaged,

    /// <summary>A file was written by a newer version of Hypervex.</summary>
    UnsupportedFormat,

    /// <summary>Another process, or this one, has the data directory open.</summary>
    Locked,

    /// <summary>The database or collection is closed, or closing.</summary>
    Closed,

    /// <summary>The database is opening and cannot answer yet.</summary>
    Opening,

    /// <summary>The data directory cannot be read or written.</summary>
    StorageUnavailable,

    /// <summary>Too much work is under way; try again later.</summary>
    Overloaded,

    /// <summary>The work was stopped by its deadline.</summary>
    Timeout,

    /// <summary>A snapshot archive is damaged, cut off, of another kind or version, or does not fit the collection it is restored into.</summary>
    BadSnapshot,

    /// <summary>The position of a watch is one that its changes cannot be told from any more: begin again, or from now on.</summary>
    PositionExpired,
    /// <summary>An alias stands for the collection, so that it cannot be dropped.</summary>
    CollectionInUse,
}
