using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>Writes the codes of all rows that a graph has, a thousand at a time. Thread safety: <see cref="Progress"/> from any thread, all others by one at a time.</summary>
internal sealed class CodeFill(HnswGraph graph, ScratchPool scratchPool)
{
    // While scratch is rented no slot changes hands, and nothing that was replaced is freed.
    private const uint SlotsPerRent = 1024;

    private long _done;
    private long _all;

    /// <summary>The part that is written, 0 to 1.</summary>
    public double Progress => Math.Clamp((double)Volatile.Read(ref _done) / Math.Max(1, Volatile.Read(ref _all)), 0, 1);

    /// <summary>Nothing is written yet.</summary>
    public void Begin() => Volatile.Write(ref _done, 0);

    /// <summary>Writes them, while rows that are linked meanwhile are encoded by who links them. False when it was given up.</summary>
    /// <param name="walker">Takes the codes.</param>
    /// <param name="isWanted">Whether to go on.</param>
    /// <param name="cancellationToken">Ends it by an exception.</param>
    public bool TryRun(ICodeWalker walker, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        uint slotCount = graph.SlotCount;
        Volatile.Write(ref _all, slotCount);
        for (uint start = 0; start < slotCount; start += SlotsPerRent)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isWanted())
            {
                return false;
            }

            SearchScratch scratch = scratchPool.Rent();
            try
            {
                for (uint slot = start; slot < Math.Min(slotCount, start + SlotsPerRent); slot++)
                {
                    if (graph.State(slot) != NodeState.Absent)
                    {
                        walker.Encode(slot, scratch);
                    }
                }
            }
            finally
            {
                scratchPool.Return(scratch);
            }

            Volatile.Write(ref _done, start + SlotsPerRent);
            Delays.Here();
        }

        return true;
    }
}
