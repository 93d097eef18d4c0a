namespace Hypervex.Server.Settings;

/// <summary>
/// The settings of <see cref="ServerLimits"/>. Their variables and flags are spelled as their keys are.
/// Thread safety: immutable.
/// </summary>
internal static class LimitSettings
{
    // Beyond it a body's buffer, which doubles, could not grow any more.
    private const long GreatestBuffer = 512L << 20;

    // The command line ends the process 30 seconds after the signal, and the database closes after the last request.
    private const long LongestStop = 20;
    private const long LongestCheckpoint = 8;

    /// <summary>The settings.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Number("max_body_bytes", 1024, GreatestBuffer, (limits, number) => limits with { MaxBodyBytes = (int)number }, limits => limits.MaxBodyBytes),
        Number("max_line_bytes", 1024, GreatestBuffer, (limits, number) => limits with { MaxLineBytes = (int)number }, limits => limits.MaxLineBytes),
        Number("max_body_bytes_together", 1L << 20, 1L << 40, (limits, number) => limits with { MaxBodyBytesTogether = number }, limits => limits.MaxBodyBytesTogether),
        Number("max_connections", 1, 1_000_000, (limits, number) => limits with { MaxConnections = (int)number }, limits => limits.MaxConnections),
        Number("max_running_reads", 0, 10_000, (limits, number) => limits with { MaxRunningReads = (int)number }, limits => limits.MaxRunningReads),
        Number("max_running_writes", 1, 10_000, (limits, number) => limits with { MaxRunningWrites = (int)number }, limits => limits.MaxRunningWrites),
        Number("max_queued_requests", 0, 1_000_000, (limits, number) => limits with { MaxQueuedRequests = (int)number }, limits => limits.MaxQueuedRequests),
        Seconds("queue_timeout_seconds", 1, 3600, (limits, time) => limits with { QueueTimeout = time }, limits => limits.QueueTimeout),
        Seconds("request_timeout_seconds", 0, 3600, (limits, time) => limits with { RequestTimeout = time }, limits => limits.RequestTimeout),
        Number("max_answer_components", 65_536, 1L << 30, (limits, number) => limits with { MaxAnswerComponents = number }, limits => limits.MaxAnswerComponents),
        Number("slow_search_ms", 0, 3_600_000, (limits, number) => limits with { SlowSearchMs = (int)number }, limits => limits.SlowSearchMs),
        Seconds("headers_timeout_seconds", 1, 3600, (limits, time) => limits with { HeadersTimeout = time }, limits => limits.HeadersTimeout),
        Number("min_bytes_per_second", 1, 1L << 30, (limits, number) => limits with { MinBytesPerSecond = (int)number }, limits => limits.MinBytesPerSecond),
        Seconds("rate_grace_seconds", 2, 3600, (limits, time) => limits with { RateGrace = time }, limits => limits.RateGrace),
        Seconds("stop_timeout_seconds", 1, LongestStop, (limits, time) => limits with { StopTimeout = time }, limits => limits.StopTimeout),
        Seconds("closing_checkpoint_seconds", 0, LongestCheckpoint, (limits, time) => limits with { ClosingCheckpointTime = time }, limits => limits.ClosingCheckpointTime),
    ];

    /// <summary>Checks what no setting can tell by itself.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static void Check(ServerLimits limits)
    {
        // A buffer is up to twice as long as its body, and while it grows the one before is held as well.
        int longest = Math.Max(limits.MaxBodyBytes, limits.MaxLineBytes);
        if (limits.MaxBodyBytesTogether < 3L * longest)
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument,
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"max_body_bytes_together is {limits.MaxBodyBytesTogether}; expected at least three times the greater of max_body_bytes ({limits.MaxBodyBytes}) and max_line_bytes ({limits.MaxLineBytes}), or the largest bodies could never be read."));
        }
    }

    private static Setting Seconds(string key, long least, long greatest, Func<ServerLimits, TimeSpan, ServerLimits> put, Func<ServerLimits, TimeSpan> show) =>
        Number(key, least, greatest, (limits, number) => put(limits, TimeSpan.FromSeconds(number)), limits => (long)show(limits).TotalSeconds);

    private static Setting Number(string key, long least, long greatest, Func<ServerLimits, long, ServerLimits> put, Func<ServerLimits, long> show) => Setting.Number(
        new SettingNames(key, "HYPERVEX_" + key.ToUpperInvariant(), "--" + key.Replace('_', '-')),
        least,
        greatest,
        (options, number) => options with { Limits = put(options.Limits, number) },
        options => show(options.Limits));
}
