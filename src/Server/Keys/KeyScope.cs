namespace Hypervex.Server.Keys;

/// <summary>What a key is for; each scope includes those before it.</summary>
internal enum KeyScope
{
    /// <summary>Reads, searches, exports.</summary>
    Read,

    /// <summary>Changes records.</summary>
    Write,

    /// <summary>Creates and drops collections and indexes; for all collections, manages keys.</summary>
    Admin,
}
