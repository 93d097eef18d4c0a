using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>
/// The walker of a field as it develops: over full-precision rows until there are enough of them to train codes on, then
/// over codes, which are trained again when the field has grown tenfold, its rows have moved away from what the codes were
/// trained on, or other codes are wanted. Each change is one assignment; whoever walks goes on with the walker it has.
/// </summary>
/// <remarks>
/// While new codes are written for all rows, rows that are linked meanwhile are encoded for both walkers, the new one first. A training for codes that are not wanted any more is given up.
/// Invariants: (1) every node that a walker over codes may come across has a code of it before the walker is the current one, or before a link leads to it; (2) codes are freed when the last
/// scratch that was rented before they were replaced has come back; (3) what a training will write is counted before it begins: beside codes of another kind in <see cref="CountedBytes"/>, beside those of
/// the same kind by a reservation.
/// Thread safety: <see cref="Walker"/> and <see cref="Encode"/> from any thread that has scratch rented; <see cref="TrainIfDue"/> from any thread that has none, one at a time does it;
/// <see cref="Use"/> by one caller at a time, all others from any thread.
/// </remarks>
internal sealed class FieldCodes : IDisposable
{
    // Codes of fewer rows would save little.
    private const long FirstTraining = 1024;
    private const long GrowthOfTraining = 10;

    // A training that the memory limit does not allow is tried again when there are so many times more rows.
    private const double GrowthUntilNextTry = 1.125;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly HnswGraph _graph;
    private readonly IRowSource _rows;
    private readonly VectorFieldOptions _options;
    private readonly ScratchPool _scratchPool;
    private readonly ulong _seed;
    private readonly IWalker _rowWalker;
    private readonly Lock _training = new();

    // Held while the current codes are replaced, and while they are saved. Inside of _training.
    private readonly Lock _replacing = new();
    // Held for a moment, where it is decided by what is wanted whether the current codes are replaced. Inside of the other two.
    private readonly Lock _wanting = new();
    private readonly RetiredCodes _retired;
    private readonly CodeFill _fill;
    private volatile QuantizationKind _wanted;
    private ICodeWalker? _current;
    private ICodeWalker? _next;
    private volatile int _bytesPerRowInTraining;
    private volatile bool _isBusy;
    private long _trainAt = long.MaxValue;
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
        _retired = new RetiredCodes(graph, scratchPool);
        _fill = new CodeFill(graph, scratchPool);
        _rowWalker = rows.Walker(graph, Measure.Of(options), options.Index.EfConstruction);
        _wanted = WantedBy(options.Quantization);
    }

    /// <summary>What walks the graph now.</summary>
    public IWalker Walker => Volatile.Read(ref _current) ?? _rowWalker;

    /// <summary>What codes it walks by.</summary>
    public QuantizationKind Kind => CodeKinds.Of(Volatile.Read(ref _current));

    /// <summary>Asked for the memory that a training takes, and told when it is in use.</summary>
    public MemoryShare? Memory { get; set; }

    /// <summary>Bytes of all codes, but for those that a training is writing.</summary>
    public long Bytes => ((Volatile.Read(ref _current)?.BytesPerRow ?? 0) * (long)_graph.SlotCount) + _retired.Bytes;

    /// <summary>Bytes of all codes, and the room of those that are wanted.</summary>
    public long CountedBytes => ((long)BytesPerRow * _graph.SlotCount) + _retired.Bytes;

    /// <summary>Bytes that one more row takes.</summary>
    public int BytesPerRow => (Volatile.Read(ref _current)?.BytesPerRow ?? 0) + ComingBytesPerRow(_wanted);

    /// <summary>How often codes were trained.</summary>
    public int Trainings => Volatile.Read(ref _trainings);

    /// <summary>Whether there are codes.</summary>
    public bool AreTrained => Volatile.Read(ref _current) is not null;

    /// <summary>Whether <see cref="Save"/> would write nothing new: the codes have been written or read, or there are none of the wanted kind.</summary>
    public bool AreSaved => Volatile.Read(ref _current) is var current && (current == Volatile.Read(ref _saved) || (current is not null && CodeKinds.Of(current) != _wanted));

    /// <summary>Bytes that codes of a row will take in a field that is not there yet.</summary>
    public static int BytesPerRowOf(VectorFieldOptions options, int dimension) => CodeKinds.StrideOf(CodeKinds.Of(options.Quantization, options.Metric, dimension), CodeShape.Of(options.Metric, dimension));

    /// <summary>Bytes that <see cref="CountedBytes"/> grows by when other codes are wanted; 0 when it does not.</summary>
    public long BytesToUse(QuantizationKind setting)
    {
        // Codes that are about to be dropped do not count as there already.
        QuantizationKind wanted = WantedBy(setting);
        int coming = _wanted == QuantizationKind.None ? CodeKinds.StrideOf(wanted, Shape) : ComingBytesPerRow(wanted);
        return Math.Max(0, coming - ComingBytesPerRow(_wanted)) * (long)_graph.SlotCount;
    }

    /// <summary>From now on codes of a setting are wanted. <see cref="TrainIfDue"/> makes them.</summary>
    public void Use(QuantizationKind setting)
    {
        lock (_wanting)
        {
            _wanted = WantedBy(setting);
        }

        Interlocked.MemoryBarrier(); // whoever asks for work sees it before the caller looks whether anybody works
    }

    /// <summary>How far the codes are.</summary>
    public CodeStats Stats()
    {
        QuantizationKind kind = Kind;
        return Volatile.Read(ref _next) is null
            ? new CodeStats(kind, kind == _wanted ? CodeState.Ready : CodeState.Waiting, null)
            : new CodeStats(kind, CodeState.Training, _fill.Progress);
    }

    /// <summary>Writes the codes of a row that is about to be linked. Ask for <see cref="Walker"/> afterwards.</summary>
    public void Encode(uint slot, SearchScratch scratch)
    {
        // The next one first: when it becomes the current one between the two reads it is met there.
        Volatile.Read(ref _next)?.Encode(slot, scratch);
        Delays.Here();
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _current)?.Encode(slot, scratch);
    }

    /// <summary>Whether other codes than those there are have to be trained, or these to be dropped.</summary>
    /// <param name="live">Live rows.</param>
    public bool IsChangeDue(long live) => Volatile.Read(ref _current) is var current && CodeKinds.Of(current) != _wanted && (current is not null || live >= FirstTraining);

    /// <summary>Whether there is something to do beside rows that come and go, and nobody is at it.</summary>
    /// <param name="live">Live rows.</param>
    public bool HasWork(long live) => !_isBusy && (IsChangeDue(live) || _retired.Bytes > 0);

    /// <summary>Trains codes on what is there if that is due, writes them for all rows, and lets walks use them; or has walks use the rows again.</summary>
    /// <param name="live">Live rows.</param>
    /// <param name="changes">Rows that have come and gone so far.</param>
    /// <param name="cancellationToken">Gives a training up; it stays due.</param>
    /// <param name="wait">Wait for a training that is under way on another thread.</param>
    public void TrainIfDue(long live, long changes, CancellationToken cancellationToken, bool wait = false)
    {
        if (wait)
        {
            while (!_training.TryEnter(s_look))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        else if ((!IsDue(live, changes) && _retired.Bytes == 0) || !_training.TryEnter())
        {
            return;
        }

        try
        {
            _isBusy = true;
            if (_retired.Free())
            {
                Memory?.Settle(0);
            }

            if (IsChangeDue(live))
            {
                Change(live, changes, cancellationToken);
            }
            else if (IsDue(live, changes))
            {
                TrainIfWorthIt(live, changes, cancellationToken);
            }
        }
        finally
        {
            _isBusy = false;
            _training.Exit();
        }
    }

    /// <summary>Writes the codes for a checkpoint, unless there are none, or others are wanted: false then. They stay what they are meanwhile.</summary>
    /// <param name="begin">Makes the stream; not called when nothing is written.</param>
    /// <param name="changes">Rows that have come and gone so far.</param>
    public bool Save(Func<Stream> begin, long changes)
    {
        lock (_replacing)
        {
            ICodeWalker? current = _current;
            if (current is null || CodeKinds.Of(current) != _wanted)
            {
                Volatile.Write(ref _saved, null);
                return false;
            }

            // What is being trained anew is so again after a crash.
            long checkIn = Volatile.Read(ref _next) is null ? Math.Max(0, Volatile.Read(ref _checkAtChanges) - changes) : 0;
            CodeSnapshot.Save(begin(), current, new CodeTraining(_generation, Volatile.Read(ref _trainAt), checkIn, _trainedMean!), _graph);
            Volatile.Write(ref _saved, current);
            return true;
        }
    }

    /// <summary>Reads codes for a graph that has just been loaded; false, and nothing has changed, when they do not check, or are not these rows' or not of the wanted kind.</summary>
    public bool TryLoad(Stream stream, long changes)
    {
        SearchScratch scratch = _scratchPool.Rent();
        QuantizationKind wanted = _wanted;
        try
        {
            ICodeWalker walker = CodeSnapshot.Load(
                stream,
                _graph,
                training => training.Mean.Length == Shape.Components && wanted != QuantizationKind.None ? CreateWalker(wanted, training.Mean, training.Generation) : null,
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
        _retired.Dispose();
        _current?.Dispose();
        _next?.Dispose();
    }

    private CodeShape Shape => CodeShape.Of(_options.Metric, _rows.Dimension);

    private QuantizationKind WantedBy(QuantizationKind setting) => CodeKinds.Of(setting, _options.Metric, _rows.Dimension);

    // Codes that are being written for a change go on taking their memory until the training notices that others are wanted.
    private int ComingBytesPerRow(QuantizationKind wanted) =>
        Math.Max(Kind == wanted ? 0 : CodeKinds.StrideOf(wanted, Shape), _bytesPerRowInTraining);

    private bool IsDue(long live, long changes) =>
        IsChangeDue(live) || (AreTrained && (live >= Volatile.Read(ref _trainAt) || changes >= Volatile.Read(ref _checkAtChanges)));

    private void Change(long live, long changes, CancellationToken cancellationToken)
    {
        QuantizationKind wanted = _wanted;
        if (wanted == QuantizationKind.None || live < FirstTraining)
        {
            Replace(null, wanted);
        }
        else
        {
            _bytesPerRowInTraining = CodeKinds.StrideOf(wanted, Shape);
            try
            {
                if (Train(wanted, MeanOfRows.Of(_graph, _rows, _options.Metric, _scratchPool).Mean, cancellationToken))
                {
                    NoteTraining(live, changes);
                }
            }
            finally
            {
                _bytesPerRowInTraining = 0;
            }
        }

        Memory?.Settle(0);
    }

    private void TrainIfWorthIt(long live, long changes, CancellationToken cancellationToken)
    {
        MeanOfRows rows = MeanOfRows.Of(_graph, _rows, _options.Metric, _scratchPool);
        Volatile.Write(ref _checkAtChanges, changes + Math.Max(live, FirstTraining));
        if (live < Volatile.Read(ref _trainAt) && !rows.HasLeft(_trainedMean!))
        {
            return;
        }

        // Old and new codes stand beside each other while the new ones are written.
        long bytes = _current!.BytesPerRow * (long)_graph.SlotCount;
        if (Memory?.TryReserve(bytes) == false)
        {
            Volatile.Write(ref _trainAt, Math.Max(_trainAt, (long)(live * GrowthUntilNextTry)));
            return;
        }

        try
        {
            if (Train(Kind, rows.Mean, cancellationToken))
            {
                NoteTraining(live, changes);
            }
        }
        catch (OperationCanceledException)
        {
            Volatile.Write(ref _checkAtChanges, changes); // it stays due
            throw;
        }
        finally
        {
            Memory?.Settle(bytes);
        }
    }

    private void NoteTraining(long live, long changes)
    {
        Volatile.Write(ref _checkAtChanges, changes + Math.Max(live, FirstTraining));
        Volatile.Write(ref _trainAt, live * GrowthOfTraining);
    }

    /// <summary>False, and nothing has changed, when codes of this kind are not wanted any more.</summary>
    private bool Train(QuantizationKind kind, float[] mean, CancellationToken cancellationToken)
    {
        ulong generation = _current is null ? 0 : _generation + 1;
        ICodeWalker next = CreateWalker(kind, mean, generation);
        _fill.Begin();
        Volatile.Write(ref _next, next);
        Interlocked.MemoryBarrier();
        bool isCurrent = false;
        try
        {
            isCurrent = _fill.TryRun(next, () => _wanted == kind, cancellationToken) && Replace(next, kind, mean, generation);
            return isCurrent;
        }
        finally
        {
            if (!isCurrent)
            {
                Volatile.Write(ref _next, null); // what is half written goes when nobody writes to it any more
                _retired.Add(next);
            }
        }
    }

    /// <summary>False, and nothing has changed, when others are wanted than those that this is done for.</summary>
    private bool Replace(ICodeWalker? next, QuantizationKind wanted, float[]? mean = null, ulong generation = 0)
    {
        ICodeWalker? old;
        lock (_replacing)
        {
            lock (_wanting)
            {
                if (_wanted != wanted)
                {
                    return false;
                }

                old = _current;
                Volatile.Write(ref _current, next);
            }

            _trainedMean = mean;
            _generation = generation;
            Interlocked.MemoryBarrier();
            Delays.Here();
            Volatile.Write(ref _next, null);
        }

        if (old is not null)
        {
            _retired.Add(old);
        }

        _trainings += next is null ? 0 : 1;
        return true;
    }

    private ICodeWalker CreateWalker(QuantizationKind kind, float[] mean, ulong generation)
    {
        ulong seed = _seed + generation;
        return kind switch
        {
            QuantizationKind.Binary => Create(new Quantizer<OneBit>(_options.Metric, mean, seed)),
            QuantizationKind.Sq4 => Create(new Quantizer<FourBits>(_options.Metric, mean, seed)),
            _ => Create(new Quantizer<EightBits>(_options.Metric, mean, seed)),
        };
    }

    private ICodeWalker Create<TWidth>(Quantizer<TWidth> quantizer)
        where TWidth : struct, ICodeWidth => _rows.CodeWalker(_graph, Measure.Of(_options), _options.Index.EfConstruction, quantizer);
}
