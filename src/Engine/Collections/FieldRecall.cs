using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>
/// Chooses the beam for a wanted recall from curves that are measured on the field's own data, one for each size of answer
/// that somebody has asked a recall of. A curve is measured again when the rows, the codes or the queries have changed enough.
/// </summary>
/// <remarks>
/// Thread safety: all members from any thread; measuring is done by one at a time, and <see cref="MeasureIfDue"/> passes when
/// somebody else is at it.
/// </remarks>
internal sealed unsafe class FieldRecall(HnswGraph graph, IRowSource rows, FieldCodes codes, PendingRing pending, ScratchPool scratchPool)
{
    // Answers of up to so many hits share a curve: recall at the greater size is the harder one.
    private static readonly int[] _sizes = [1, 3, 10, 30, 100, 300, 1000, 3000, Limits.MaxK];

    private const int MostQueries = 256;
    private const int FewestQueries = 64;
    private const int FewestRecent = 32;

    // Components that scanning for the truth may read for one curve, half a second of a core's memory traffic, before the
    // number of queries is lowered.
    private const long ScanBudget = 2L << 30;

    // Beyond this change of the rows a curve is measured again: recall falls slowly with their number.
    private const double Growth = 1.5;
    private const long ManyQueries = 1 << 16;

    private readonly Lock _measuring = new();
    private readonly Measured?[] _curves = new Measured?[_sizes.Length];
    private readonly bool[] _wanted = new bool[_sizes.Length];
    private readonly RecentQueries _recent = new(rows.Dimension);

    private sealed record Measured(RecallProfile Curve, QuantizationKind Codes, IWalker Walker, long Changes, long SeenQueries, bool HasRecent);

    /// <summary>The curves there are, by size of the answer.</summary>
    public IReadOnlyList<RecallProfile> Curves => [.. _curves.OfType<Measured>().Select(measured => measured.Curve)];

    /// <summary>The beam for a recall.</summary>
    /// <param name="target">The recall, 0 to 1.</param>
    /// <param name="k">Hits wanted.</param>
    /// <param name="query">float32[dimension], prepared; remembered as an example of what is asked.</param>
    public int EfFor(float target, int k, ReadOnlySpan<float> query)
    {
        _recent.Offer(query);
        int size = SizeOf(k);
        Volatile.Write(ref _wanted[size], true);
        return Volatile.Read(ref _curves[size]) is { } measured && measured.Codes == codes.Kind ? measured.Curve.EfFor(target) : Guess(target, k); // other codes need other widths
    }

    /// <summary>Whether <see cref="MeasureIfDue"/> would measure.</summary>
    /// <param name="live">Live rows.</param>
    /// <param name="changes">Changes of the graph so far.</param>
    public bool IsDue(long live, long changes) => NextDue(live, changes) >= 0;

    /// <summary>Measures one curve that is wanted and missing or out of date.</summary>
    public void MeasureIfDue(long live, long changes, CancellationToken cancellationToken)
    {
        int size = NextDue(live, changes);
        if (size < 0 || !_measuring.TryEnter())
        {
            return;
        }

        try
        {
            if (IsDue(size, live, changes))
            {
                MeasureSize(size, live, changes, cancellationToken);
            }
        }
        finally
        {
            _measuring.Exit();
        }
    }

    /// <summary>Measures the curve for answers of k hits now; null when there are too few rows to measure on.</summary>
    public RecallProfile? Measure(int k, long live, long changes, CancellationToken cancellationToken)
    {
        int size = SizeOf(k);
        lock (_measuring)
        {
            Volatile.Write(ref _wanted[size], true);
            return IsMeasurable(size, live) ? MeasureSize(size, live, changes, cancellationToken) : null;
        }
    }

    private static int SizeOf(int k) => Array.FindIndex(_sizes, size => k <= size) is var at and >= 0 ? at : _sizes.Length - 1;

    // Wide rather than narrow, until there is a curve.
    private static int Guess(float target, int k) => (int)Math.Min(Limits.MaxEf, k + Math.Ceiling(20 / (1 - target)));

    private static bool IsMeasurable(int size, long live) => live >= Math.Max(FewestQueries, 2L * _sizes[size]);

    private int NextDue(long live, long changes)
    {
        for (int size = 0; size < _sizes.Length; size++)
        {
            if (Volatile.Read(ref _wanted[size]) && IsDue(size, live, changes))
            {
                return size;
            }
        }

        return -1;
    }

    private bool IsDue(int size, long live, long changes)
    {
        if (!IsMeasurable(size, live))
        {
            return false;
        }

        return Volatile.Read(ref _curves[size]) is not { } measured
            || live > measured.Curve.Rows * Growth
            || live * Growth < measured.Curve.Rows
            || changes - measured.Changes > measured.Curve.Rows
            || measured.Walker != codes.Walker
            || (!measured.HasRecent && _recent.Count >= FewestRecent)
            || (measured.HasRecent && _recent.Seen - measured.SeenQueries > ManyQueries);
    }

    private RecallProfile? MeasureSize(int size, long live, long changes, CancellationToken cancellationToken)
    {
        int k = _sizes[size];
        var measurement = new RecallMeasurement(graph, pending, scratchPool, k, cancellationToken);
        QuantizationKind kind = codes.Kind;
        IWalker first = codes.Walker;
        Func<IWalker> walker = () => codes.Walker; // codes may be replaced meanwhile, and freed: then the curve is measured again
        var stored = new RecallSamples(measurement.Widths.Length);
        long affordable = ScanBudget / Math.Max(1, live * rows.Dimension);
        int wanted = (int)Math.Clamp(affordable, FewestQueries, MostQueries);
        MeasureStored(measurement, walker, live, wanted, stored);
        long seen = _recent.Seen;
        var recent = new RecallSamples(measurement.Widths.Length);
        float[] queries = _recent.Copy();
        bool hasRecent = queries.Length >= FewestRecent * rows.Dimension;
        fixed (float* all = queries)
        {
            for (int i = 0; hasRecent && i < queries.Length; i += rows.Dimension)
            {
                measurement.Measure(walker, all + i, rows.Dimension, live, HnswGraph.None, recent);
            }
        }

        if (stored.Count < FewestRecent)
        {
            return null; // hardly anything is linked yet
        }

        RecallSamples[] kinds = hasRecent ? [stored, recent] : [stored];
        var curve = new RecallProfile(k, live, stored.Count + recent.Count, Points(measurement.Widths, kinds));
        Volatile.Write(ref _curves[size], new Measured(curve, kind, first, changes, seen, hasRecent));
        return curve;
    }

    // Rows spread evenly over the slots. Only nodes of level 0: the walk down through the upper levels could start on one
    // that is left out.
    private void MeasureStored(RecallMeasurement measurement, Func<IWalker> walker, long live, int wanted, RecallSamples samples)
    {
        float[] query = new float[rows.Dimension];
        uint slotCount = graph.SlotCount;
        var random = new Random((int)(graph.Seed ^ slotCount));
        for (int tries = 0; samples.Count < wanted && tries < 16 * wanted; tries++)
        {
            uint slot = (uint)random.NextInt64(slotCount);
            if (TryCopyRow(slot, query))
            {
                fixed (float* row = query)
                {
                    measurement.Measure(walker, row, rows.Dimension, live, slot, samples);
                }
            }
        }
    }

    private bool TryCopyRow(uint slot, float[] query)
    {
        // While scratch is rented no row is overwritten that was live before.
        SearchScratch scratch = scratchPool.Rent();
        try
        {
            if (!graph.Live.Contains(slot) || graph.State(slot) != NodeState.Linked || graph.Node(slot)->Level != 0)
            {
                return false;
            }

            rows.Copy(slot, query);
            return true;
        }
        finally
        {
            scratchPool.Return(scratch);
        }
    }

    // The harder kind of query decides; a wider beam is never taken for the worse one.
    private static RecallPoint[] Points(int[] widths, RecallSamples[] kinds)
    {
        var points = new RecallPoint[widths.Length];
        float floor = 0;
        for (int i = 0; i < widths.Length; i++)
        {
            floor = Math.Max(floor, (float)kinds.Min(samples => samples.Mean(i) - samples.StandardError(i)));
            points[i] = new RecallPoint(widths[i], (float)kinds.Min(samples => samples.Mean(i)), floor);
        }

        return points;
    }
}
