using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>
/// The walker of a field as it develops: over full-precision rows until there are enough of them to train codes on, then
/// over codes, which are trained again when the field has grown tenfold or its rows have moved away from what the codes were
/// trained on. Each change is one assignment; whoever walks goes on with the walker it has.
/// </summary>
/// <remarks>
/// While new codes are written for all rows, rows that are linked meanwhile are encoded for both walkers, the new one first.
/// Thread safety: <see cref="Walker"/> and <see cref="Encode"/> from any thread that has scratch rented;
/// <see cref="TrainIfDue"/> from any thread that has none, one at a time does it.
/// </remarks>
internal sealed class FieldCodes : IDisposable
{
    // Codes of fewer rows would save little; the mean of so many is a good one.
    private const long FirstTraining = 1024;
    private const long GrowthOfTraining = 10;
    private const int SampleRows = 4096;

    // Codes hold what a row differs from the mean, with an error in proportion to its length. Rows around another mean are
    // longer by the distance of the two: from this share of their mean squared length on (a twentieth of the error) it is
    // worth training anew. It is looked at when as many rows have come and gone as there were.
    private const double DriftWorthTraining = 0.1;

    // Below, half a byte per component loses more by ranking again than it saves while walking.
    private const int MinDimensionOfFourBits = 256;

    // A code takes a byte a component at most, and this much more.
    private const int MaxTrailerAndPadding = 128;

    // A training that the memory limit does not allow is tried again when there are so many times more rows.
    private const double GrowthUntilNextTry = 1.125;

    private readonly HnswGraph _graph;
    private readonly IRowSource _rows;
    private readonly VectorFieldOptions _options;
    private readonly ScratchPool _scratchPool;
    private readonly ulong _seed;
    private readonly IWalker _rowWalker;
    private readonly Lock _training = new();
    private readonly List<(ICodeWalker Walker, long Epoch)> _retired = [];
    private ICodeWalker? _current;
    private ICodeWalker? _next;
    private long _trainAt;
    private long _retiredBytes;
    private float[]? _trainedMean;
    private long _checkAtChanges = long.MaxValue;
    private int _trainings;
    private ulong _generation;
    private ICodeWalker? _saved;

    /// <summary>Begins with full-precision rows.</summary>
    public FieldCodes(HnswGraph graph, IRowSource rows, VectorFieldOptions options, ScratchPool scratchPool, ulong seed)
    {
        _graph = graph;
        _rows = rows;
        _options = options;
        _scratchPool = scratchPool;
        _seed = seed;
        _rowWalker = rows.Walker(graph, Measure.Of(options), options.Index.EfConstruction);
        _trainAt = Kind == QuantizationKind.None ? long.MaxValue : FirstTraining;
    }

    /// <summary>What walks the graph now.</summary>
    public IWalker Walker => Volatile.Read(ref _current) ?? _rowWalker;

    /// <summary>Asked for the memory that a training takes, and told when it is in use.</summary>
    public MemoryShare? Memory { get; set; }

    /// <summary>Bytes of all codes, but for those that a training is writing.</summary>
    public long Bytes => ((Volatile.Read(ref _current)?.BytesPerRow ?? 0) * (long)_graph.SlotCount) + Volatile.Read(ref _retiredBytes);

    /// <summary>Bytes of all codes; before they are trained, the room that they will need.</summary>
    public long CountedBytes => ((long)BytesPerRow * _graph.SlotCount) + Volatile.Read(ref _retiredBytes);

    /// <summary>Bytes that one more row takes, at most.</summary>
    public int BytesPerRow => Volatile.Read(ref _current)?.BytesPerRow ?? (Kind == QuantizationKind.None ? 0 : EstimatedBytesPerRow);

    private int EstimatedBytesPerRow => _rows.Dimension + MaxTrailerAndPadding;

    /// <summary>Bytes that codes of a row will take, at most, in a field that is not there yet.</summary>
    public static int Estimate(VectorFieldOptions options, int dimension) => KindOf(options, dimension) == QuantizationKind.None ? 0 : dimension + MaxTrailerAndPadding;

    /// <summary>How often codes were trained.</summary>
    public int Trainings => Volatile.Read(ref _trainings);

    /// <summary>Whether there are codes that <see cref="Save"/> would write.</summary>
    public bool AreTrained => Volatile.Read(ref _current) is not null;

    /// <summary>Whether these codes have been written by <see cref="Save"/>, or read by <see cref="TryLoad"/>; true without codes.</summary>
    public bool AreSaved => Volatile.Read(ref _current) == Volatile.Read(ref _saved);

    private QuantizationKind Kind => KindOf(_options, _rows.Dimension);

    private static QuantizationKind KindOf(VectorFieldOptions options, int dimension) => options.Quantization switch
    {
        QuantizationKind.Auto when options.Metric is Metric.Manhattan or Metric.Hamming or Metric.Poincare or Metric.Lorentz => QuantizationKind.None,
        QuantizationKind.Auto => dimension < MinDimensionOfFourBits ? QuantizationKind.Sq8 : QuantizationKind.Sq4,
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

    /// <summary>Trains codes on what is there if that is due, writes them for all rows, and lets walks use them.</summary>
    /// <param name="live">Live rows.</param>
    /// <param name="changes">Rows that have come and gone so far.</param>
    /// <param name="wait">Wait for a training that is under way on another thread.</param>
    public void TrainIfDue(long live, long changes, bool wait = false)
    {
        if (wait)
        {
            _training.Enter();
        }
        else if ((!IsDue(live, changes) && Volatile.Read(ref _retiredBytes) == 0) || !_training.TryEnter())
        {
            return;
        }

        try
        {
            FreeRetired();
            if (IsDue(live, changes))
            {
                float[] mean = Mean(out double squaredLength);
                Volatile.Write(ref _checkAtChanges, changes + Math.Max(live, FirstTraining));
                if (live >= _trainAt || HasDrifted(mean, squaredLength))
                {
                    TrainIfThereIsRoom(mean, live);
                }
            }
        }
        finally
        {
            _training.Exit();
        }
    }

    /// <summary>Writes the codes for a checkpoint, when a training under way has ended. There are some.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="changes">Rows that have come and gone so far.</param>
    public void Save(Stream stream, long changes)
    {
        lock (_training)
        {
            ICodeWalker current = _current!;
            CodeSnapshot.Save(stream, current, new CodeTraining(_generation, _trainAt, Math.Max(0, _checkAtChanges - changes), _trainedMean!), _graph);
            Volatile.Write(ref _saved, current);
        }
    }

    /// <summary>Reads codes for a graph that has just been loaded; false, and nothing has changed, when they do not check or are not these rows'.</summary>
    public bool TryLoad(Stream stream, long changes)
    {
        SearchScratch scratch = _scratchPool.Rent();
        try
        {
            ICodeWalker walker = CodeSnapshot.Load(
                stream,
                _graph,
                training => training.Mean.Length == _rows.Dimension && Kind != QuantizationKind.None ? CreateWalker(training.Mean, training.Generation) : null,
                (walker, slot) => walker.Encode(slot, scratch),
                out CodeTraining training);
            _trainedMean = training.Mean;
            _generation = training.Generation;
            _trainAt = training.TrainAt;
            _checkAtChanges = changes + training.CheckIn;
            _saved = walker;
            Volatile.Write(ref _current, walker);
            return true;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or HypervexException { Code: ErrorCode.Damaged or ErrorCode.StorageUnavailable })
        {
            return false;
        }
        finally
        {
            _scratchPool.Return(scratch);
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

    private bool IsDue(long live, long changes) => live >= Volatile.Read(ref _trainAt) || changes >= Volatile.Read(ref _checkAtChanges);

    private bool HasDrifted(float[] mean, double squaredLength)
    {
        double moved = 0;
        for (int i = 0; i < mean.Length; i++)
        {
            double difference = mean[i] - _trainedMean![i];
            moved += difference * difference;
        }

        return moved > DriftWorthTraining * squaredLength;
    }

    /// <summary>Old and new codes stand beside each other while the new ones are written.</summary>
    private void TrainIfThereIsRoom(float[] mean, long live)
    {
        long bytes = _current is null ? 0 : EstimatedBytesPerRow * (long)_graph.SlotCount;
        if (Memory?.TryReserve(bytes) == false)
        {
            Volatile.Write(ref _trainAt, Math.Max(_trainAt, (long)(live * GrowthUntilNextTry)));
            return;
        }

        try
        {
            Train(mean);
            Volatile.Write(ref _trainAt, live * GrowthOfTraining);
        }
        finally
        {
            Memory?.Settle(bytes);
        }
    }

    private void Train(float[] mean)
    {
        ulong generation = _current is null ? 0 : _generation + 1;
        ICodeWalker next = CreateWalker(mean, generation);
        Volatile.Write(ref _next, next);
        Interlocked.MemoryBarrier();
        try
        {
            EncodeAll(next);
        }
        catch
        {
            Volatile.Write(ref _next, null); // a row that cannot be read: what is half written goes when nobody writes to it any more
            Retire(next);
            throw;
        }

        _trainedMean = mean;
        _generation = generation;
        ICodeWalker? old = _current;
        Volatile.Write(ref _current, next);
        Interlocked.MemoryBarrier();
        Volatile.Write(ref _next, null);
        if (old is not null)
        {
            Retire(old);
        }

        Interlocked.Increment(ref _trainings);
    }

    private void Retire(ICodeWalker walker)
    {
        _retired.Add((walker, _scratchPool.Advance()));
        CountRetired();
    }

    private void CountRetired() => Volatile.Write(ref _retiredBytes, _retired.Sum(each => each.Walker.BytesPerRow * (long)_graph.SlotCount));

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
        if (_retired.Count == 0)
        {
            return;
        }

        for (int i = _retired.Count - 1; i >= 0; i--)
        {
            if (_scratchPool.HasPassed(_retired[i].Epoch))
            {
                _retired[i].Walker.Dispose();
                _retired.RemoveAt(i);
            }
        }

        CountRetired();
    }

    // The mean of rows that are spread evenly over the slots, and the mean of their squared distances from it.
    private float[] Mean(out double squaredLength)
    {
        double[] sum = new double[_rows.Dimension];
        float[] row = new float[_rows.Dimension];
        double squares = 0;
        int count = 0;
        uint slotCount = _graph.SlotCount;
        uint stride = Math.Max(1, slotCount / SampleRows);
        for (uint slot = 0; slot < slotCount; slot += stride)
        {
            if (!_graph.Live.Contains(slot))
            {
                continue;
            }

            _rows.Copy(slot, row);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += row[i];
                squares += (double)row[i] * row[i];
            }

            count++;
        }

        float[] mean = Array.ConvertAll(sum, x => (float)(x / Math.Max(1, count)));
        squaredLength = (squares / Math.Max(1, count)) - mean.Sum(x => (double)x * x);
        return mean;
    }

    private ICodeWalker CreateWalker(float[] mean, ulong generation)
    {
        ulong seed = _seed + generation;
        return Kind switch
        {
            QuantizationKind.Binary => Create(new Quantizer<OneBit>(_options.Metric, mean, seed)),
            QuantizationKind.Sq4 => Create(new Quantizer<FourBits>(_options.Metric, mean, seed)),
            _ => Create(new Quantizer<EightBits>(_options.Metric, mean, seed)),
        };
    }

    private ICodeWalker Create<TWidth>(Quantizer<TWidth> quantizer)
        where TWidth : struct, ICodeWidth => _rows.CodeWalker(_graph, Measure.Of(_options), _options.Index.EfConstruction, quantizer);
}
