namespace Hypervex.Wire;

/// <summary>The status of a gRPC call, with its number on the wire.</summary>
public enum GrpcStatusCode
{
    /// <summary>The call succeeded.</summary>
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>A status that could not be read.</summary>
    Unknown = 2,

    /// <summary>The request cannot be carried out, whatever the server's state.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed.</summary>
    DeadlineExceeded = 4,

    /// <summary>What the request names is not there.</summary>
    NotFound = 5,

    /// <summary>What was to be created is there.</summary>
    AlreadyExists = 6,

    /// <summary>The key is not for this.</summary>
    PermissionDenied = 7,

    /// <summary>A limit or a resource is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The server's state does not allow it; trying again does not help.</summary>
    FailedPrecondition = 9,

    /// <summary>Somebody else was faster: read again, and decide again.</summary>
    Aborted = 10,

    /// <summary>Beyond the end of something.</summary>
    OutOfRange = 11,

    /// <summary>The server does not have this method, or not this way of calling it.</summary>
    Unimplemented = 12,

    /// <summary>Something is broken: the server, or the bytes of the call.</summary>
    Internal = 13,

    /// <summary>Not now; try again.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or damaged.</summary>
    DataLoss = 15,

    /// <summary>A valid key is missing.</summary>
    Unauthenticated = 16,
}
