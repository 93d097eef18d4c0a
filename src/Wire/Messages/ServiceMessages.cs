namespace Hypervex.Wire;

/// <summary>Whether the server is well.</summary>
public sealed record HealthAnswer
{
    /// <summary><c>healthy</c>.</summary>
    public required string Status { get; init; }

    /// <summary>The server's version.</summary>
    public required string Version { get; init; }
}

/// <summary>The answer of the probes /livez and /readyz.</summary>
public sealed record ProbeAnswer
{
    /// <summary><c>ok</c>.</summary>
    public required string Status { get; init; }
}

/// <summary>The problem of an answer that is not a success (RFC 9457).</summary>
public sealed record ProblemMessage
{
    /// <summary>A URI that names the kind of problem: <c>urn:hypervex:error:</c> and the code.</summary>
    public string? Type { get; init; }

    /// <summary>The kind of problem in a few words, the same each time.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public int Status { get; init; }

    /// <summary>What happened this time: what, which, expected, actual, what to do.</summary>
    public string? Detail { get; init; }

    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    public string? Code { get; init; }

    /// <summary>The path that was asked for.</summary>
    public string? Instance { get; init; }

    /// <summary>Of an import that stopped: the number of the line that is at fault, from 1.</summary>
    public long? Line { get; init; }

    /// <summary>Of an import that stopped: records of this request that are safe.</summary>
    public long? Imported { get; init; }

    /// <summary>Of an import that stopped: send the body again with <c>from_line</c> set to this.</summary>
    public long? ResumeFromLine { get; init; }
}
