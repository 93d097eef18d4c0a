using Hypervex.Collections;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>A <see cref="FieldIndex"/> with its rows and workers, and what a test asks of it.</summary>
internal sealed class IndexUnderTest : IDisposable
{
    private readonly IndexingWorkers _workers;
    private readonly HashSet<uint> _live = [];

    public IndexUnderTest(Metric metric, int dimension, int threads = 2, int m = 16, int efConstruction = 200, ulong seed = 1, QuantizationKind codes = QuantizationKind.None, int pendingLimit = 100_000, TimeProvider? time = null)
    {
        Rows = new NativeRows(metric, dimension);
        EfConstruction = efConstruction;
        _workers = new IndexingWorkers(threads) { PendingLimit = pendingLimit, Time = time ?? TimeProvider.System };
        var options = new VectorFieldOptions
        {
            Dimension = dimension,
            Metric = metric,
            Quantization = codes,
            Index = new HnswOptions { M = m, EfConstruction = efConstruction },
        };
        Index = new FieldIndex(options, new RowSource<RowBlocks>(Rows.Blocks), _workers, seed);
    }

    public NativeRows Rows { get; }

    public FieldIndex Index { get; }

    public int EfConstruction { get; }

    public IReadOnlyCollection<uint> Live => _live;

    public void Add(uint slot, float[] vector)
    {
        Rows.Write(slot, vector);
        Index.Add(slot);
        _live.Add(slot);
    }

    /// <summary>As if a write had begun that does not end.</summary>
    public void BeginWrite() => _workers.BeginWrite();

    public void AddWhileOpening(uint slot, float[] vector)
    {
        Rows.Write(slot, vector);
        Index.AddWhileOpening(slot);
        _live.Add(slot);
    }

    public void AddAll(float[][] vectors)
    {
        for (uint slot = 0; slot < vectors.Length; slot++)
        {
            Add(slot, vectors[slot]);
        }
    }

    public void Remove(uint slot)
    {
        Index.Remove(slot);
        _live.Remove(slot);
    }

    /// <summary>Removes rows beside a search that does not end, so that none of them leaves the graph before all are removed.</summary>
    public void RemoveAtOnce(IEnumerable<uint> slots) => BesideSearch(() =>
    {
        foreach (uint slot in slots)
        {
            Remove(slot);
        }
    });

    /// <summary>Does something beside a search that does not end: removed rows stay in the graph meanwhile.</summary>
    public void BesideSearch(Action action)
    {
        SearchScratch search = _workers.ScratchPool.Rent();
        action();
        _workers.ScratchPool.Return(search);
    }

    public void WaitUntilLinked() => Index.WaitUntilLinked(CancellationToken.None);

    public SlotHit[] Search(float[] query, int k, FieldSearch search = default)
    {
        var hits = new SlotHit[k];
        int count = Index.Search(Rows.Prepare(query), search, hits);
        return hits[..count];
    }

    public FieldSearchReport Report(float[] query, int k, FieldSearch search)
    {
        Index.Search(Rows.Prepare(query), search, new SlotHit[k], out FieldSearchReport report);
        return report;
    }

    /// <summary>Mean share of the exact k nearest (among the live, and allowed, ones) that a search finds.</summary>
    public double Recall(float[][] queries, int k, FieldSearch search = default, Func<uint, bool>? allowed = null)
    {
        double sum = 0;
        foreach (float[] query in queries)
        {
            uint[] exact = Rows.Nearest(Rows.Prepare(query), _live.Where(slot => allowed?.Invoke(slot) ?? true), k);
            SlotHit[] found = Search(query, k, search);
            Assert.Equal(exact.Length, found.Length);
            sum += exact.Length == 0 ? 1 : (double)exact.Intersect(found.Select(hit => hit.Slot)).Count() / exact.Length;
        }

        return sum / queries.Length;
    }

    /// <summary>Asserts that every invariant of the graph holds.</summary>
    public void AssertGraphHolds()
    {
        var findings = new List<string>();
        Index.Verify(findings.Add, out _);
        Assert.Empty(findings);
    }

    public static SlotSet Set(IEnumerable<uint> slots, uint slotCount)
    {
        ulong[] words = new ulong[(slotCount + 63) / 64];
        long count = 0;
        foreach (uint slot in slots)
        {
            words[slot / 64] |= 1UL << (int)(slot % 64);
            count++;
        }

        return new SlotSet(words, count);
    }

    public void Dispose()
    {
        Index.Dispose();
        _workers.Dispose();
        Rows.Dispose();
    }
}
