namespace Hypervex.Collections;

/// <summary>
/// Runs the steps of a scrub. Each counts as a call on the collection while it runs, so that compaction takes no file from under it, and waits for a
/// megabyte of reading at most; between them nothing is held. Thread safety: none.
/// </summary>
internal sealed class ScrubSteps(OperationGate gate, ScrubPace pace, ScrubTally tally)
{
    /// <summary>What a step reads, about.</summary>
    public const int Bytes = 1 << 20;

    /// <summary>Cancelled when the collection closes.</summary>
    public CancellationToken Closing => gate.ClosingToken;

    /// <summary>Runs a step that says how many bytes it has read, and waits for as long as these take at the scrub's rate.</summary>
    /// <exception cref="OperationCanceledException">The collection closes.</exception>
    public void Run(Func<long> step)
    {
        long bytes;
        if (!gate.TryEnter(out OperationGate.Pass pass))
        {
            throw new OperationCanceledException(Closing);
        }

        using (pass)
        {
            bytes = step();
        }

        tally.Read(bytes);
        pace.Wait(bytes, Closing);
    }
}
