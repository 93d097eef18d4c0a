namespace Hypervex.Server.Http;

/// <summary>Who may call a route where there are keys.</summary>
internal enum Access
{
    /// <summary>Anybody; no key is looked at.</summary>
    Open,

    /// <summary>Every valid key.</summary>
    AnyKey,

    /// <summary>A key for all collections, of any scope.</summary>
    ReadAll,

    /// <summary>A key that reads the route's collection.</summary>
    Read,

    /// <summary>A key that writes the route's collection.</summary>
    Write,

    /// <summary>A key that administers the route's collection.</summary>
    Admin,

    /// <summary>A key of the scope admin for all collections.</summary>
    ServerAdmin,
}
