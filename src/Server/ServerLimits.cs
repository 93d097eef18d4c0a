namespace Hypervex.Server;

/// <summary>
/// Limits of the HTTP side; docs/limits.md prints the same table beside the engine's.
/// Thread safety: immutable.
/// </summary>
public sealed record ServerLimits
{
    /// <summary>Greatest body in bytes; an import is streamed and has no limit but that of its lines.</summary>
    public int MaxBodyBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Greatest line of an import in bytes.</summary>
    public int MaxLineBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>Bytes that all bodies under way may hold together; a request beyond them gets 429.</summary>
    public long MaxBodyBytesTogether { get; init; } = 256L * 1024 * 1024;

    /// <summary>Open connections; a further one is closed at once.</summary>
    public int MaxConnections { get; init; } = 1_024;

    /// <summary>Requests that read a collection and run at once; 0 = two for each processor.</summary>
    public int MaxRunningReads { get; init; }

    /// <summary>Requests that write a collection and run at once.</summary>
    public int MaxRunningWrites { get; init; } = 256;

    /// <summary>Reads, and as many writes, that wait until they may run; a further one gets 429.</summary>
    public int MaxQueuedRequests { get; init; } = 512;

    /// <summary>Longest time that a request waits until it may run; then it gets 429.</summary>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest time that a request may read a collection once it runs, the sending of its answer not counted; zero = no limit.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Vector components that one search answer may carry.</summary>
    public long MaxAnswerComponents { get; init; } = 16L * 1024 * 1024;

    /// <summary>Searches that take at least so many milliseconds are lines of the log; 0 = none.</summary>
    public int SlowSearchMs { get; init; }

    /// <summary>Longest time for the request's line and headers.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Least rate of a body, and of the client's reading of an answer, in bytes per second.</summary>
    public int MinBytesPerSecond { get; init; } = 240;

    /// <summary>Time before <see cref="MinBytesPerSecond"/> is asked for; more than a second.</summary>
    public TimeSpan RateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time that running requests get when the server stops.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time that the closing of the database behind them spends on checkpoints: <see cref="DatabaseOptions.ClosingCheckpointTime"/>, of which the value in <see cref="ServerOptions.Database"/> does not count.</summary>
    public TimeSpan ClosingCheckpointTime { get; init; } = TimeSpan.FromSeconds(3);
}
