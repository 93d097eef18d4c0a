using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>A walker over codes, which must be written before a link leads to them.</summary>
internal interface ICodeWalker : IWalker, IDisposable
{
    /// <summary>Bytes of the code of one row.</summary>
    int BytesPerRow { get; }

    /// <summary>Bits per component.</summary>
    int Bits { get; }

    /// <summary>Bytes of a code without what pads it.</summary>
    int CodeBytes { get; }

    /// <summary>Writes the code of a row.</summary>
    void Encode(uint slot, SearchScratch scratch);

    /// <summary>Copies the code of a row that has one.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="code">byte[<see cref="CodeBytes"/>].</param>
    void CopyCode(uint slot, Span<byte> code);

    /// <summary>Takes over a code that <see cref="CopyCode"/> has copied.</summary>
    void SetCode(uint slot, ReadOnlySpan<byte> code);
}

/// <summary>A graph over codes, whose best rows are ranked again by their full precision.</summary>
/// <typeparam name="TRows">Where the rows are.</typeparam>
/// <typeparam name="TWidth">Bits per component.</typeparam>
/// <typeparam name="TScorer">Estimates ranks from codes.</typeparam>
/// <typeparam name="TKernel">The kernel of the true rank.</typeparam>
internal sealed unsafe class CodeWalker<TRows, TWidth, TScorer, TKernel>(HnswGraph graph, TRows rows, Measure measure, int efConstruction, Quantizer<TWidth> quantizer) : ICodeWalker
    where TRows : struct, IRows<TRows>
    where TWidth : struct, ICodeWidth
    where TScorer : struct, ICodeScorer<TScorer>
    where TKernel : struct, IKernel
{
    // Standard deviations of the estimate's error within which a row may still be among the best.
    private const float Deviations = 2.5f;

    private const int RowsAtOnce = 4;

    private readonly CodeStore<TWidth> _store = new(quantizer);
    private readonly RowScan<TRows, TKernel> _scan = new(rows, graph.Live, measure);
    private readonly float _slack = measure.Slack;

    /// <inheritdoc/>
    public int BytesPerRow => _store.StrideBytes;

    /// <inheritdoc/>
    public int Bits => TWidth.Bits;

    /// <inheritdoc/>
    public int CodeBytes => _store.CodeBytes;

    /// <inheritdoc/>
    public void CopyCode(uint slot, Span<byte> code) => _store.Copy(slot, code);

    /// <inheritdoc/>
    public void SetCode(uint slot, ReadOnlySpan<byte> code) => _store.Set(slot, code);

    /// <inheritdoc/>
    public void Encode(uint slot, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        _store.Encode(slot, rented.Rows, scratch);
    }

    /// <inheritdoc/>
    public bool Search(float* query, in WalkPlan plan, ReadOnlySpan<uint> pending, SearchScratch scratch, ref TopHits top, out long distances)
    {
        TScorer scorer = _store.Scorer<TScorer>(query, scratch);
        Candidate* nearest = GraphSearch.Run(graph, scorer, plan, pending, scratch, out int found, out bool completed, out distances);
        RankAgain(query, scorer, nearest, found, plan, ref top);
        return completed;
    }

    /// <inheritdoc/>
    public int RowLength => rows.Dimension;

    /// <inheritdoc/>
    public bool Scan(float* query, WordRange words, SlotSet? allowed, ref WorkLimit limit, ref TopHits top) => _scan.Scan(query, words, allowed, ref limit, ref top);

    /// <inheritdoc/>
    public void Offer(float* query, ReadOnlySpan<uint> slots, ref TopHits top) => _scan.Offer(query, slots, ref top);

    /// <inheritdoc/>
    public void Link(uint slot, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        if (BuildsOverRows)
        {
            Linker.Link<RowSpace<TRows, TKernel>, RowScorer<TRows, TKernel>>(graph, RowSpace(rented.Rows), slot, efConstruction, scratch);
        }
        else
        {
            Linker.Link<CodeSpace<TRows, TWidth, TScorer>, TScorer>(graph, CodeSpace(rented.Rows, scratch), slot, efConstruction, scratch);
        }
    }

    /// <inheritdoc/>
    public void Unlink(SlotBits leaving, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        if (BuildsOverRows)
        {
            Repairer.Unlink<RowSpace<TRows, TKernel>, RowScorer<TRows, TKernel>>(graph, RowSpace(rented.Rows), leaving, scratch);
        }
        else
        {
            Repairer.Unlink<CodeSpace<TRows, TWidth, TScorer>, TScorer>(graph, CodeSpace(rented.Rows, scratch), leaving, scratch);
        }
    }

    /// <inheritdoc/>
    public void Release(uint slot, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        if (BuildsOverRows)
        {
            Repairer.Release<RowSpace<TRows, TKernel>, RowScorer<TRows, TKernel>>(graph, RowSpace(rented.Rows), slot, scratch);
        }
        else
        {
            Repairer.Release<CodeSpace<TRows, TWidth, TScorer>, TScorer>(graph, CodeSpace(rented.Rows, scratch), slot, scratch);
        }
    }

    /// <inheritdoc/>
    public bool LeadTo(uint slot, SearchScratch scratch)
    {
        using var rented = new RentedRows<TRows>(rows);
        return BuildsOverRows
            ? Repairer.LeadTo<RowSpace<TRows, TKernel>, RowScorer<TRows, TKernel>>(graph, RowSpace(rented.Rows), slot, scratch)
            : Repairer.LeadTo<CodeSpace<TRows, TWidth, TScorer>, TScorer>(graph, CodeSpace(rented.Rows, scratch), slot, scratch);
    }

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    // Single bits tell neighbours of neighbours apart too badly for choosing links.
    private static bool BuildsOverRows => TWidth.Bits == 1;

    private RowSpace<TRows, TKernel> RowSpace(TRows rented) => new(rented, _slack, measure.IsHyperbolic);

    private CodeSpace<TRows, TWidth, TScorer> CodeSpace(TRows rented, SearchScratch scratch) => new(_store, rented, scratch, _slack, measure.IsHyperbolic);

    // In order of the estimates, until what is left lies above the k-th best by more than its error.
    private void RankAgain(float* query, TScorer scorer, Candidate* nearest, int found, in WalkPlan plan, ref TopHits top)
    {
        using var rented = new RentedRows<TRows>(rows);
        for (int i = 0; i < Math.Min(found, plan.K); i++)
        {
            rented.Rows.Prefetch(nearest[i].Slot);
        }

        uint* slots = stackalloc uint[RowsAtOnce];
        int count = 0;
        for (int i = 0; i < found; i++)
        {
            uint slot = nearest[i].Slot;
            if (!graph.Live.Contains(slot) || (i >= plan.MinRanked && float.IsFinite(top.Bound) && IsBeyond(scorer, nearest[i], top.Bound)))
            {
                continue;
            }

            slots[count++] = slot;
            if (count == RowsAtOnce)
            {
                FlatScan.Offer<TRows, TKernel>(query, rented.Rows, new ReadOnlySpan<uint>(slots, count), measure, ref top);
                count = 0;
            }
        }

        FlatScan.Offer<TRows, TKernel>(query, rented.Rows, new ReadOnlySpan<uint>(slots, count), measure, ref top);
    }

    private bool IsBeyond(TScorer scorer, Candidate candidate, float worstDistance)
    {
        float worst = measure.ToRank(worstDistance);
        return candidate.Rank > worst
            && candidate.Rank - (Deviations * scorer.Deviation(candidate.Slot, measure.Metric, worst, _store.Components)) > worst;
    }
}
