namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>What all connections of one run counted.</summary>
/// <param name="Seconds">From the first arrival to the last answer.</param>
/// <param name="Latencies">Of what succeeded.</param>
/// <param name="Refused">Refused for want of room.</param>
/// <param name="Failed">Failed otherwise.</param>
/// <param name="Failure">The first failure; null without one.</param>
internal sealed record LoadRun(double Seconds, LatencySamples Latencies, long Refused, long Failed, string? Failure)
{
    /// <summary>Adds up.</summary>
    public static LoadRun Of(IReadOnlyList<LoadSender> senders, double seconds) => new(
        seconds,
        LatencySamples.Merge([.. senders.Select(sender => sender.Latencies)]),
        senders.Sum(sender => sender.Refused),
        senders.Sum(sender => sender.Failed),
        senders.Select(sender => sender.Failure).FirstOrDefault(failure => failure is not null));
}
