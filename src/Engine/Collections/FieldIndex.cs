using System.Diagnostics.CodeAnalysis;
using Hypervex.Distances;
using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>The index of one vector field: rows by slot in, nearest slots out.</summary>
/// <remarks>
/// Thread safety: searches from any thread, at any time; <see cref="Add"/>, <see cref="Remove"/> and
/// <see cref="TryTakeFreed"/> from one thread at a time; <see cref="Dispose"/> only when no call is under way.
/// </remarks>
[SuppressMessage("Performance", "CA1822", Justification = "signatures first")]
[SuppressMessage("Style", "IDE0060", Justification = "signatures first")]
internal sealed unsafe class FieldIndex : IDisposable
{
    private readonly Metric _metric;
    private readonly RowBlocks _rows;
    private readonly SlotBits _live = new();
    private readonly Queue<uint> _freed = new();
    private uint _slotCount;
    private long _count;

    /// <summary>Creates an empty index.</summary>
    /// <param name="options">The field's settings; the dimension is set.</param>
    /// <param name="rows">The rows, which stay readable from <see cref="Add"/> until the slot comes out of <see cref="TryTakeFreed"/>.</param>
    /// <param name="workers">The threads that link rows.</param>
    /// <param name="seed">Seed of the levels of the graph.</param>
    public FieldIndex(VectorFieldOptions options, RowBlocks rows, IndexingWorkers workers, ulong seed)
    {
        _metric = options.Metric;
        _rows = rows;
    }

    /// <summary>What the index holds.</summary>
    public FieldIndexStats Stats => new(_count, 0, _freed.Count, 0);

    /// <summary>Adds a row. Every search that starts after the return sees it.</summary>
    /// <param name="slot">A slot that was never added, or was given back by <see cref="TryTakeFreed"/>; its row is complete.</param>
    public void Add(uint slot)
    {
        _live.EnsureSlot(slot);
        _live.Set(slot);
        _count++;
        Volatile.Write(ref _slotCount, Math.Max(_slotCount, slot + 1));
    }

    /// <summary>Removes a row. No search that starts after the return finds it.</summary>
    public void Remove(uint slot)
    {
        if (_live.Clear(slot))
        {
            _count--;
            _freed.Enqueue(slot);
        }
    }

    /// <summary>Takes a removed slot that no search can come across any more, and whose row may be overwritten.</summary>
    public bool TryTakeFreed(out uint slot) => _freed.TryDequeue(out slot);

    /// <summary>Finds the <c>hits.Length</c> nearest rows.</summary>
    /// <param name="preparedQuery">float32[dimension], prepared by <see cref="VectorDomain.Prepare"/>.</param>
    /// <param name="search">How to search.</param>
    /// <param name="hits">Receives the hits, nearest first, equal distances by slot.</param>
    /// <returns>The number of hits: all of them whenever as many rows are live and allowed.</returns>
    public int Search(ReadOnlySpan<float> preparedQuery, in FieldSearch search, Span<SlotHit> hits)
    {
        var top = new TopHits(hits);
        fixed (float* query = preparedQuery)
        {
            uint slotCount = Volatile.Read(ref _slotCount);
            switch (_metric)
            {
                case Metric.Dot:
                    FlatScan.Run<NegatedProduct>(query, _rows, _live.Words, slotCount, search, _metric, ref top);
                    break;
                case Metric.Manhattan:
                    FlatScan.Run<AbsoluteDifference>(query, _rows, _live.Words, slotCount, search, _metric, ref top);
                    break;
                default:
                    FlatScan.Run<SquaredDifference>(query, _rows, _live.Words, slotCount, search, _metric, ref top);
                    break;
            }
        }

        return top.Sort().Length;
    }

    /// <summary>Waits until every added row is linked and every removed one repaired.</summary>
    public void WaitUntilLinked(CancellationToken cancellationToken)
    {
    }

    /// <summary>Checks the invariants of the graph.</summary>
    /// <param name="finding">Receives what does not hold.</param>
    /// <param name="nodes">Nodes that were checked.</param>
    public void Verify(Action<string> finding, out long nodes) => nodes = _count;

    /// <inheritdoc/>
    public void Dispose() => _live.Dispose();
}
