using System.Numerics;
using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>
/// The walker of a field as it develops: over full-precision rows until there are enough of them to train codes on, then
/// over codes, which are trained again when the field has grown by a large factor. Each change is one assignment; whoever
/// walks goes on with the walker it has.
/// </summary>
/// <remarks>
/// While new codes are written for all rows, rows that are linked meanwhile are encoded for both walkers, the new one first.
/// Thread safety: <see cref="Walker"/> and <see cref="Encode"/> from any thread that has scratch rented;
/// <see cref="TrainIfDue"/> from any thread that has none, one at a time does it.
/// </remarks>
internal sealed unsafe class FieldCodes : IDisposable
{
    // Codes of fewer rows would save little; the mean of so many is a good one.
    private const long FirstTraining = 1024;
    private const long GrowthOfTraining = 16;
    private const int SampleRows = 4096;

    // Below, half a byte per component loses more by ranking again than it saves while walking.
    private const int MinDimensionOfFourBits = 256;

    private readonly HnswGraph _graph;
    private readonly RowBlocks _rows;
    private readonly VectorFieldOptions _options;
    private readonly ScratchPool _scratchPool;
    private readonly ulong _seed;
    private readonly IWalker _rowWalker;
    private readonly Lock _training = new();
    private readonly List<(ICodeWalker Walker, long Epoch)> _retired = [];
    private ICodeWalker? _current;
    private ICodeWalker? _next;
    private long _trainAt;

    /// <summary>Begins with full-precision rows.</summary>
    public FieldCodes(HnswGraph graph, RowBlocks rows, VectorFieldOptions options, ScratchPool scratchPool, ulong seed)
    {
        _graph = graph;
        _rows = rows;
        _options = options;
        _scratchPool = scratchPool;
        _seed = seed;
        _rowWalker = options.Metric switch
        {
            Metric.Dot => new RowWalker<NegatedProduct>(graph, rows, options.Metric, options.Index.EfConstruction),
            Metric.Hamming => new RowWalker<DifferingBits>(graph, rows, options.Metric, options.Index.EfConstruction),
            Metric.Manhattan => new RowWalker<AbsoluteDifference>(graph, rows, options.Metric, options.Index.EfConstruction),
            _ => new RowWalker<SquaredDifference>(graph, rows, options.Metric, options.Index.EfConstruction),
        };
        _trainAt = Kind == QuantizationKind.None ? long.MaxValue : FirstTraining;
    }

    /// <summary>What walks the graph now.</summary>
    public IWalker Walker => Volatile.Read(ref _current) ?? _rowWalker;

    /// <summary>Bytes of all codes.</summary>
    public long Bytes => (Volatile.Read(ref _current)?.BytesPerRow ?? 0) * (long)_graph.SlotCount;

    private QuantizationKind Kind => _options.Quantization switch
    {
        QuantizationKind.Auto when _options.Metric is Metric.Manhattan or Metric.Hamming => QuantizationKind.None,
        QuantizationKind.Auto => _rows.Dimension < MinDimensionOfFourBits ? QuantizationKind.Sq8 : QuantizationKind.Sq4,
        QuantizationKind kind => kind,
    };

    /// <summary>Writes the codes of a row that is about to be linked. Ask for <see cref="Walker"/> afterwards.</summary>
    public void Encode(uint slot, SearchScratch scratch)
    {
        // The next one first: when it becomes the current one between the two reads it is met there.
        Volatile.Read(ref _next)?.Encode(slot, scratch);
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _current)?.Encode(slot, scratch);
    }

    /// <summary>Whether <see cref="TrainIfDue"/> would train.</summary>
    public bool IsDue(long live) => live >= Volatile.Read(ref _trainAt);

    /// <summary>Trains codes on what is there, writes them for all rows, and lets walks use them.</summary>
    public void TrainIfDue(long live)
    {
        if (!IsDue(live) || !_training.TryEnter())
        {
            return;
        }

        try
        {
            if (IsDue(live))
            {
                FreeRetired();
                Train();
                _trainAt = live * GrowthOfTraining;
            }
        }
        finally
        {
            _training.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((ICodeWalker walker, _) in _retired)
        {
            walker.Dispose();
        }

        _current?.Dispose();
        _next?.Dispose();
    }

    private void Train()
    {
        ICodeWalker next = CreateWalker(Mean());
        Volatile.Write(ref _next, next);
        Interlocked.MemoryBarrier();
        EncodeAll(next);
        ICodeWalker? old = _current;
        Volatile.Write(ref _current, next);
        Interlocked.MemoryBarrier();
        Volatile.Write(ref _next, null);
        if (old is not null)
        {
            _retired.Add((old, _scratchPool.Advance()));
        }
    }

    private void EncodeAll(ICodeWalker walker)
    {
        const uint SlotsPerRent = 1024;
        uint slotCount = _graph.SlotCount;
        for (uint start = 0; start < slotCount; start += SlotsPerRent)
        {
            SearchScratch scratch = _scratchPool.Rent();
            try
            {
                for (uint slot = start; slot < Math.Min(slotCount, start + SlotsPerRent); slot++)
                {
                    if (_graph.State(slot) != NodeState.Absent)
                    {
                        walker.Encode(slot, scratch);
                    }
                }
            }
            finally
            {
                _scratchPool.Return(scratch);
            }
        }
    }

    private void FreeRetired()
    {
        for (int i = _retired.Count - 1; i >= 0; i--)
        {
            if (_scratchPool.HasPassed(_retired[i].Epoch))
            {
                _retired[i].Walker.Dispose();
                _retired.RemoveAt(i);
            }
        }
    }

    // The mean of rows that are spread evenly over the slots.
    private float[] Mean()
    {
        double[] sum = new double[_rows.Dimension];
        int count = 0;
        uint slotCount = _graph.SlotCount;
        uint stride = Math.Max(1, slotCount / SampleRows);
        for (uint slot = 0; slot < slotCount; slot += stride)
        {
            if (!_graph.Live.Contains(slot))
            {
                continue;
            }

            float* row = _rows[slot];
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += row[i];
            }

            count++;
        }

        return Array.ConvertAll(sum, x => (float)(x / Math.Max(1, count)));
    }

    private ICodeWalker CreateWalker(float[] mean)
    {
        ulong seed = _seed + (ulong)BitOperations.Log2((ulong)_trainAt);
        bool dot = _options.Metric == Metric.Dot;
        if (Kind == QuantizationKind.Sq4)
        {
            var quantizer = new Quantizer<FourBits>(_options.Metric, mean, seed);
            return dot ? Create<FourBits, NegatedProduct>(quantizer) : Create<FourBits, SquaredDifference>(quantizer);
        }
        else
        {
            var quantizer = new Quantizer<EightBits>(_options.Metric, mean, seed);
            return dot ? Create<EightBits, NegatedProduct>(quantizer) : Create<EightBits, SquaredDifference>(quantizer);
        }
    }

    private CodeWalker<TWidth, TKernel> Create<TWidth, TKernel>(Quantizer<TWidth> quantizer)
        where TWidth : struct, ICodeWidth
        where TKernel : struct, IKernel =>
        new(_graph, _rows, _options.Metric, _options.Index.EfConstruction, quantizer);
}
