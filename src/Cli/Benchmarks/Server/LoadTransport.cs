namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>How the load generator speaks to a server.</summary>
internal enum LoadTransport
{
    /// <summary>REST; vectors as JSON numbers.</summary>
    Rest = 0,

    /// <summary>REST; vectors as bytes, where a route takes them, else as base64.</summary>
    RestOctets,

    /// <summary>gRPC; vectors as bytes.</summary>
    Grpc,
}

/// <summary>What is asked of a server.</summary>
internal enum LoadOperation
{
    /// <summary>The nearest records of a query.</summary>
    Search = 0,

    /// <summary>New records, a batch at a time.</summary>
    Insert,

    /// <summary>One record by its id.</summary>
    Get,

    /// <summary>A new vector for a record that is there.</summary>
    Update,

    /// <summary>A record that is there; each but once.</summary>
    Delete,

    /// <summary>One insert for every nine searches.</summary>
    Mixed,
}
