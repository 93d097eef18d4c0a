namespace Hypervex.Server.Http;

/// <summary>What the requests of a route cost, and so which bound on running requests they count against.</summary>
internal enum Work
{
    /// <summary>Little, or it must go on while the server is busy: probes, administration, imports, exports.</summary>
    Unlimited,

    /// <summary>A processor, from the body's end to the answer's beginning.</summary>
    Read,

    /// <summary>Mostly waiting: for the log, which the more writers share the more there are.</summary>
    Write,

    /// <summary>A page of a stream that reads: it is never refused, only waited for, and keeps nobody out who reads once.</summary>
    ReadOfStream,

    /// <summary>A batch of a stream that writes: it is never refused, only waited for, and keeps nobody out who writes once.</summary>
    WriteOfStream,
}
