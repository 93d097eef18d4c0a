namespace Hypervex.Server.Http;

/// <summary>
/// Bounds the requests that run at once, reads and writes apart, and those that wait for it (docs/decisions/admission.md).
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class Admission : IDisposable
{
    // One computes while another waits for a page of its rows.
    private const int ReadsOfProcessor = 2;

    // Steps of streams get half as many places, at least one, beside those of other requests.
    private const int PartOfStreams = 2;

    /// <summary>Bounds requests.</summary>
    /// <param name="limits">The bounds.</param>
    public Admission(ServerLimits limits)
    {
        int reads = limits.MaxRunningReads > 0 ? limits.MaxRunningReads : Environment.ProcessorCount * ReadsOfProcessor;
        Reads = new AdmissionQueue("reads", reads, limits.MaxQueuedRequests, limits.QueueTimeout);
        Writes = new AdmissionQueue("writes", limits.MaxRunningWrites, limits.MaxQueuedRequests, limits.QueueTimeout);
        StreamReads = OfStreams("pages", reads);
        StreamWrites = OfStreams("batches", limits.MaxRunningWrites);
    }

    /// <summary>The requests that read.</summary>
    public AdmissionQueue Reads { get; }

    /// <summary>The requests that write.</summary>
    public AdmissionQueue Writes { get; }

    /// <summary>The pages of streams that read. Each stream waits with one at most, and none is refused: its client is held back by flow control.</summary>
    public AdmissionQueue StreamReads { get; }

    /// <summary>The batches of streams that write. Each stream waits with one at most, and none is refused: its client is held back by flow control.</summary>
    public AdmissionQueue StreamWrites { get; }

    /// <summary>Where requests of this kind wait; null when they are not bounded.</summary>
    public AdmissionQueue? Of(Work work) => work switch
    {
        Work.Read => Reads,
        Work.Write => Writes,
        Work.ReadOfStream => StreamReads,
        Work.WriteOfStream => StreamWrites,
        _ => null,
    };

    public void Dispose()
    {
        Reads.Dispose();
        Writes.Dispose();
        StreamReads.Dispose();
        StreamWrites.Dispose();
    }

    private static AdmissionQueue OfStreams(string what, int places) => new(what, Math.Max(1, places / PartOfStreams), int.MaxValue, Timeout.InfiniteTimeSpan);
}
