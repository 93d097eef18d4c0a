using System.Numerics;
using System.Runtime.ExceptionServices;
using Hypervex.Distances;
using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>
/// The index of one vector field: rows by slot in, nearest slots out. New rows are scanned exactly until the background
/// workers have linked them into the graph; removed ones are not returned from the moment of their removal, and leave the
/// graph in the background.
/// </summary>
/// <remarks>
/// Thread safety: searches from any thread, at any time, without locks; <see cref="Add"/>, <see cref="Remove"/> and
/// <see cref="TryTakeFreed"/> from one thread at a time; <see cref="WaitUntilLinked"/>, <see cref="Stats"/> and
/// <see cref="Verify"/> from any thread; <see cref="Dispose"/> when no call is under way.
/// </remarks>
internal sealed unsafe class FieldIndex : IFieldIndex
{
    // Every search scans the rows that wait for linking. While searches run no more than this much of memory waits: half a millisecond at 8 GB/s.
    private const int PendingBytesBesideSearches = 4 * 1024 * 1024;
    private const int MinPending = 64;
    private const int MaxPendingBesideSearches = 8192;

    // Nor shall it cost more than such a part of the walk, which is a scan of so many rows per place of the beam: of short rows 4 MB are many times as many.
    private const int PartOfWalk = 8;
    private const int PendingPerPlace = FieldSearcher.ScannedRowsPerPlace / PartOfWalk;

    // Workers rest beside writes until but one such part of the limit waits: what they link until then is little beside what a fast writer adds.
    private const int PartOfLimit = 8;

    // A ring of twice as many places as rows wait, while it is copied into one of twice its size.
    private const int RingBytesPerRow = 16;

    private static readonly TimeSpan s_lately = TimeSpan.FromSeconds(1);

    private const int RowsPerPending = 8;
    private const int RowsPerRemoval = 8;

    private const int LinksPerShare = 32;

    private readonly int _dimension;
    private volatile int _ef;
    private readonly IndexingWorkers _workers;
    private readonly HnswGraph _graph;
    private readonly FieldCodes _codes;
    private readonly Func<IWalker> _currentWalker;
    private readonly PendingRing _pending;
    private readonly int _mostBesideSearches;
    private readonly Removals _removals;
    private readonly FieldRecall _recall;
    private readonly Reconnection _reconnection;
    private readonly CancellationTokenSource _stopping = new();

    // Held shared while the graph changes, exclusively while its invariants are checked.
    private readonly ReaderWriterLockSlim _changing = new();
    private long _live;
    private long _changes;
    private long _saved;
    private long _searchedAt;
    private int _searchedWidth;
    private int _shares;
    private int _working;
    private ExceptionDispatchInfo? _fault;
    private volatile bool _disposed;

    /// <summary>Creates an empty index.</summary>
    /// <param name="options">The field's settings; the dimension is set.</param>
    /// <param name="rows">The rows, which stay readable from <see cref="Add"/> until the slot comes out of <see cref="TryTakeFreed"/>.</param>
    /// <param name="workers">The threads that link rows.</param>
    /// <param name="seed">Seed of the levels of the graph.</param>
    public FieldIndex(VectorFieldOptions options, IRowSource rows, IndexingWorkers workers, ulong seed)
    {
        _dimension = rows.Dimension;
        _ef = options.Index.Ef;
        _searchedWidth = options.Index.Ef;
        _workers = workers;
        _graph = new HnswGraph(options.Index.M, seed);
        _codes = new FieldCodes(_graph, rows, options, workers.ScratchPool, seed);
        _currentWalker = () => _codes.Walker;
        _removals = new Removals(_graph, workers.ScratchPool);
        _reconnection = new Reconnection(_graph, workers.ScratchPool);
        _mostBesideSearches = Math.Clamp(PendingBytesBesideSearches / (rows.Dimension * sizeof(float)), MinPending, MaxPendingBesideSearches);
        _pending = new PendingRing((int)BitOperations.RoundUpToPowerOf2((uint)_mostBesideSearches), workers.PendingLimit);
        _searchedAt = workers.Time.GetTimestamp() - (long)(2 * s_lately.TotalSeconds * workers.Time.TimestampFrequency);
        _recall = new FieldRecall(_graph, rows, _codes, _pending, workers.ScratchPool);
    }

    /// <summary>The width of searches that name none; those that run keep theirs.</summary>
    public void UseEf(int ef) => _ef = ef;

    /// <inheritdoc/>
    public long BytesToUse(QuantizationKind quantization) => _codes.BytesToUse(quantization);

    /// <inheritdoc/>
    public void UseQuantization(QuantizationKind quantization)
    {
        _codes.Use(quantization);
        RequestWork();
    }

    /// <inheritdoc/>
    public CodeStats? Codes => _codes.Stats();

    /// <summary>What the index holds.</summary>
    public FieldIndexStats Stats
    {
        get
        {
            long live = Volatile.Read(ref _live);
            long pending = Math.Min(live, _pending.Count);
            return new FieldIndexStats(live - pending, pending, _removals.Count, _graph.Bytes + _codes.Bytes);
        }
    }

    /// <summary>Asked for memory before codes are trained; set before the first row.</summary>
    public MemoryShare? Memory
    {
        set => _codes.Memory = value;
    }

    /// <inheritdoc/>
    public Action? Progressed { private get; set; }

    /// <summary>Bytes of graph and codes, or the room that these will need.</summary>
    public long CountedBytes => _graph.Bytes + _codes.CountedBytes + (Math.Min(_graph.SlotCount, (long)_pending.Most) * RingBytesPerRow);

    /// <inheritdoc/>
    public long CodeBytes => _codes.Bytes;

    /// <summary>Bytes that one more row takes, at most.</summary>
    public long BytesPerRow => _graph.BytesPerSlot + _codes.BytesPerRow + RingBytesPerRow;

    /// <inheritdoc/>
    /// <remarks>
    /// Without searches, as many rows may wait as the limit says. Beside searches the caller links a row for each that it is about to add once enough wait: so they do not
    /// become more, and whoever writes never waits for the workers to link all those that came while nobody searched.
    /// </remarks>
    public void MakeRoom(int rows)
    {
        ThrowIfFailed();
        if (SearchedLately && _pending.Count + rows > RoomBesideSearches)
        {
            for (int i = 0; i < rows && LinkOne(); i++)
            {
            }
        }

        WaitForRoom(rows);
    }

    /// <summary>Adds a row. Every search that starts after the return sees it.</summary>
    /// <param name="slot">A slot that was never added, or was given back by <see cref="TryTakeFreed"/>; its row is complete.</param>
    public void Add(uint slot)
    {
        Enter(slot);
        RequestWork();
    }

    /// <inheritdoc/>
    public void AddRun(uint first, int count)
    {
        for (uint slot = first; slot < first + (uint)count; slot++)
        {
            Enter(slot);
            if (_workers.Threads == 0)
            {
                RequestWork(); // the rows are linked here, one by one
            }
        }

        RequestWork();
    }

    /// <inheritdoc/>
    public void AddWhileOpening(uint slot)
    {
        Prepare(slot);
        _pending.AppendBeyondLimit(slot);
    }

    /// <inheritdoc/>
    public void EndOpening() => RequestWork();

    private void Prepare(uint slot)
    {
        ThrowIfFailed();
        _graph.Prepare(slot);
        Delays.Here();
        Interlocked.Increment(ref _live);
        _graph.Live.Set(slot); // before a worker can meet the slot: it would take a row that is not live for a removed one, and never link it
        Delays.Here();
    }

    private void Enter(uint slot)
    {
        Prepare(slot);
        while (!_pending.TryAppend(slot))
        {
            WaitForRoom(1);
        }
    }

    /// <summary>Removes a row. No search that starts after the return finds it.</summary>
    public void Remove(uint slot)
    {
        ThrowIfFailed();
        if (_graph.Live.Clear(slot))
        {
            Interlocked.Decrement(ref _live);
            _removals.Enqueue(slot);
            RequestWork();
            HelpWithRemovals();
        }
    }

    /// <summary>Whether a slot has been added and not removed.</summary>
    public bool Contains(uint slot) => slot < _graph.SlotCount && _graph.Live.Contains(slot);

    /// <summary>Writes the graph for a checkpoint, while it is used and changed. Should the checkpoint fail, the next one is due when as much has changed again: one that cannot succeed is not tried all the time.</summary>
    public void Save(Stream stream)
    {
        Volatile.Write(ref _saved, Changes);
        GraphSnapshot.Save(_graph, stream);
    }

    /// <inheritdoc/>
    public long Unsaved => Changes - Volatile.Read(ref _saved);

    /// <inheritdoc/>
    public bool HasCodes => _codes.AreTrained;

    /// <inheritdoc/>
    public bool AreCodesSaved => _codes.AreSaved;

    /// <inheritdoc/>
    public bool SaveCodes(Func<Stream> begin) => _codes.Save(begin, Volatile.Read(ref _changes));

    /// <summary>Reads what <see cref="Save"/> wrote into an empty index, before any other call. The rows are there already.</summary>
    /// <param name="stream">The graph.</param>
    /// <param name="codes">What <see cref="SaveCodes"/> wrote; null, or not whole: codes are trained anew, in the background.</param>
    /// <exception cref="InvalidDataException">The stream is not a graph with this field's settings; the index is unusable.</exception>
    public void Load(Stream stream, Stream? codes = null)
    {
        Interlocked.Add(ref _live, GraphSnapshot.Load(_graph, stream));
        Interlocked.Increment(ref _changes);
        if (codes is not null)
        {
            _codes.TryLoad(codes, Volatile.Read(ref _changes));
        }

        _saved = Changes;
        _reconnection.Forget(Changes);
        RequestShare();
    }

    /// <summary>Takes a removed slot that no search can come across any more, and whose row may be overwritten.</summary>
    public bool TryTakeFreed(out uint slot) => _removals.TryTakeFreed(out slot);

    /// <summary>Finds the <c>hits.Length</c> nearest rows.</summary>
    /// <param name="preparedQuery">float32[dimension], prepared by <see cref="VectorDomain.Prepare"/>.</param>
    /// <param name="search">How to search.</param>
    /// <param name="hits">Receives the hits, nearest first, equal distances by slot.</param>
    /// <returns>
    /// The number of hits: all of them whenever as many rows are live and allowed, unless <see cref="FieldSearch.MaxDistances"/>
    /// ended the search.
    /// </returns>
    /// <exception cref="OperationCanceledException">The search's token was cancelled.</exception>
    public int Search(ReadOnlySpan<float> preparedQuery, in FieldSearch search, Span<SlotHit> hits) => Search(preparedQuery, search, hits, out _);

    /// <inheritdoc cref="Search(ReadOnlySpan{float}, in FieldSearch, Span{SlotHit})"/>
    /// <param name="preparedQuery">float32[dimension], prepared by <see cref="VectorDomain.Prepare"/>.</param>
    /// <param name="search">How to search.</param>
    /// <param name="hits">Receives the hits, nearest first, equal distances by slot.</param>
    /// <param name="report">What the search did.</param>
    public int Search(ReadOnlySpan<float> preparedQuery, in FieldSearch search, Span<SlotHit> hits, out FieldSearchReport report)
    {
        if (preparedQuery.Length != _dimension)
        {
            throw new HypervexException(
                ErrorCode.DimensionMismatch, $"The query has {preparedQuery.Length} components; the field has {_dimension}. Search with a vector of that dimension.");
        }

        search.CancellationToken.ThrowIfCancellationRequested();
        int ef = Width(preparedQuery, search, hits.Length);
        NoteSearch(Math.Max(ef, hits.Length));
        SearchScratch scratch = _workers.ScratchPool.Rent();
        try
        {
            fixed (float* query = preparedQuery)
            {
                return FieldSearcher.Run(_graph, _codes.Walker, _pending, Volatile.Read(ref _live), query, search, ef, scratch, hits, out report);
            }
        }
        finally
        {
            _workers.ScratchPool.Return(scratch);
        }
    }

    /// <summary>What was done for rows that could not be reached.</summary>
    internal Reconnection Reconnection => _reconnection;

    /// <summary>Rows that wait for linking and that nobody has begun to link.</summary>
    internal int Unclaimed => _pending.Unclaimed;

    /// <summary>Whether it is being disposed, or has been.</summary>
    internal bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>How often codes were trained.</summary>
    internal int Trainings => _codes.Trainings;

    /// <summary>The recall by the width of the beam, as far as it has been measured.</summary>
    public IReadOnlyList<RecallProfile> RecallProfiles => _recall.Curves;

    /// <summary>Measures the recall of answers of k hits; null when there are too few rows.</summary>
    public RecallProfile? MeasureRecall(int k, CancellationToken cancellationToken) =>
        _recall.Measure(k, Volatile.Read(ref _live), Volatile.Read(ref _changes), cancellationToken);

    /// <summary>
    /// Waits until every row that was added before the call is linked, every one that was removed is out of the graph, and
    /// the graph is connected. The calling thread helps.
    /// </summary>
    public void WaitUntilLinked(CancellationToken cancellationToken)
    {
        long tail = _pending.Tail;
        while (_pending.Head < tail)
        {
            Help(LinkOne(), cancellationToken);
        }

        while (_removals.Count > 0)
        {
            Help(AdvanceRemovals(even: true) || LinkOne(), cancellationToken);
        }

        TrainUntilReady(cancellationToken);
        Reconnect(cancellationToken);
        Progressed?.Invoke();
    }

    /// <summary>
    /// Waits until the slots of all rows that were removed before the call come out of <see cref="TryTakeFreed"/>. The calling thread helps.
    /// </summary>
    public void ReleaseRemoved(CancellationToken cancellationToken)
    {
        long target = _removals.Queued;
        while (_removals.Released < target)
        {
            Help(AdvanceRemovals(even: true) || LinkOne(), cancellationToken);
        }
    }

    /// <summary>
    /// Checks the invariants of the graph, after others were made to lead to what cannot be reached; linking waits meanwhile,
    /// searches go on.
    /// </summary>
    /// <param name="finding">Receives what does not hold.</param>
    /// <param name="nodes">Nodes that were checked.</param>
    public void Verify(Action<string> finding, out long nodes)
    {
        _changing.EnterWriteLock();
        try
        {
            _reconnection.Run(_currentWalker, Changes, CancellationToken.None);
            nodes = new GraphCheck(_graph, finding).Run();
        }
        finally
        {
            _changing.ExitWriteLock();
        }
    }

    /// <summary>Waits for background work on this index to end, and frees its memory.</summary>
    public void Dispose()
    {
        _disposed = true;
        _stopping.Cancel();
        Interlocked.MemoryBarrier();
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _working) > 0)
        {
            spinner.SpinOnce();
        }

        _codes.Dispose();
        _graph.Dispose();
        _removals.Dispose();
        _changing.Dispose();
        _stopping.Dispose();
    }

    /// <summary>One share of background work. Called by the workers.</summary>
    internal void DoShare()
    {
        Interlocked.Increment(ref _working);
        try
        {
            if (!_disposed && _fault is null)
            {
                Work();
            }
        }
        catch (OperationCanceledException) when (_disposed)
        {
            // Nobody waits for what was being measured.
        }
        catch (Exception exception) when (exception is not ThreadInterruptedException)
        {
            // Shown to whoever writes next; a background thread has nobody to tell.
            _fault = ExceptionDispatchInfo.Capture(exception);
        }
        finally
        {
            Interlocked.Decrement(ref _shares);
            if (!_disposed && _fault is null)
            {
                RequestShares();
            }

            Interlocked.Decrement(ref _working);
        }
    }

    // Rows that were linked and rows that left the graph.
    private long Changes => Volatile.Read(ref _changes) + _removals.Released;

    // Not while rows come in: what is unreachable now may be led to by the next one.
    private bool ReconnectionIsDue => _pending.Count == 0 && _reconnection.IsDue(Changes);

    private int Width(ReadOnlySpan<float> query, in FieldSearch search, int k)
    {
        if (search.Ef > 0 || search.TargetRecall == 0)
        {
            return search.Ef > 0 ? search.Ef : _ef;
        }

        int ef = _recall.EfFor(search.TargetRecall, Math.Max(1, k), query);
        if (Volatile.Read(ref _shares) == 0 && _workers.Threads > 0 && _recall.IsDue(Volatile.Read(ref _live), Volatile.Read(ref _changes)))
        {
            RequestShare();
        }

        return ef;
    }

    private void Work()
    {
        int linked = 0;
        bool rested = false;
        while (linked < LinksPerShare && !rested && !_disposed && LinkOne())
        {
            linked++;
            rested = RestBesideWrites(); // then the share ends: another index may have something to do that must not wait
        }

        _codes.TrainIfDue(Volatile.Read(ref _live), Volatile.Read(ref _changes), _stopping.Token);
        _recall.MeasureIfDue(Volatile.Read(ref _live), Volatile.Read(ref _changes), _stopping.Token);
        if (linked == 0 && ReconnectionIsDue)
        {
            ReconnectIfDue();
        }
        else if (!AdvanceRemovals(even: false) && linked == 0)
        {
            // Due, but a search that began before has to end first.
            Thread.Sleep(1);
        }

        Progressed?.Invoke();
    }

    // Rows that wait shall cost a search much less than walking the graph does: beside narrow beams fewer may wait, and in a small graph.
    private long RoomBesideSearches => Math.Clamp(
        Math.Min((Volatile.Read(ref _live) - _pending.Count) / RowsPerPending, (long)Volatile.Read(ref _searchedWidth) * PendingPerPlace), MinPending, _mostBesideSearches);

    private bool SearchedLately => _workers.Time.GetElapsedTime(Volatile.Read(ref _searchedAt)) < s_lately;

    // Not when searches have to scan more than they should, nor when writers will soon have to wait.
    private bool RestBesideWrites() =>
        _pending.Count <= (SearchedLately ? RoomBesideSearches : _pending.Limit - (_pending.Limit / PartOfLimit)) && _workers.RestBesideWrites();

    // A tenth of the time that matters is near enough, and keeps searches from writing the same place all the time.
    private void NoteSearch(int width)
    {
        long now = _workers.Time.GetTimestamp();
        if (_workers.Time.GetElapsedTime(Volatile.Read(ref _searchedAt), now) > s_lately / 10)
        {
            Volatile.Write(ref _searchedWidth, width);
            Volatile.Write(ref _searchedAt, now);
        }
    }

    private void WaitForRoom(int rows)
    {
        var spinner = default(SpinWait);
        while (_pending.Count > Math.Max(0, _pending.Most - rows))
        {
            if (!LinkOne())
            {
                spinner.SpinOnce();
                ThrowIfFailed();
            }
        }
    }

    // Whoever removes faster than the workers repair helps them: removed rows take up memory and the time of searches.
    private void HelpWithRemovals()
    {
        while (_removals.Count > MinPending + (Volatile.Read(ref _live) / RowsPerRemoval))
        {
            if (!AdvanceRemovals(even: true) && !LinkOne())
            {
                return;
            }
        }
    }

    private void TrainUntilReady(CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                _codes.TrainIfDue(Volatile.Read(ref _live), Volatile.Read(ref _changes), cancellationToken, wait: true);
            }
            while (_codes.IsChangeDue(Volatile.Read(ref _live))); // altered again meanwhile
        }
        finally
        {
            Interlocked.MemoryBarrier();
            if (_codes.HasWork(Volatile.Read(ref _live)))
            {
                RequestWork(); // for what was given up, or replaced: whoever looked meanwhile has left it to this thread
            }
        }
    }

    private void RequestWork()
    {
        if (_workers.Threads > 0)
        {
            RequestShares();
            return;
        }

        while (LinkOne())
        {
        }

        _codes.TrainIfDue(Volatile.Read(ref _live), Volatile.Read(ref _changes), _stopping.Token);
        AdvanceRemovals(even: false);
        ReconnectIfDue();
    }

    // One share per so many waiting rows, at most one per thread.
    private void RequestShares()
    {
        int wanted = Math.Min(_workers.Threads, (_pending.Unclaimed + LinksPerShare - 1) / LinksPerShare);
        if (wanted == 0 && (_removals.IsDue || ReconnectionIsDue || _codes.HasWork(Volatile.Read(ref _live))))
        {
            wanted = 1;
        }

        int shares = Volatile.Read(ref _shares);
        while (shares < wanted)
        {
            int seen = Interlocked.CompareExchange(ref _shares, shares + 1, shares);
            if (seen == shares)
            {
                _workers.Request(this);
                shares++;
            }
            else
            {
                shares = seen;
            }
        }
    }

    private void RequestShare()
    {
        if (_workers.Threads > 0)
        {
            Interlocked.Increment(ref _shares);
            _workers.Request(this);
        }
        else
        {
            _codes.TrainIfDue(Volatile.Read(ref _live), Volatile.Read(ref _changes), _stopping.Token);
            ReconnectIfDue();
        }
    }

    private bool LinkOne()
    {
        if (!_pending.TryClaim(out uint slot, out long position))
        {
            return false;
        }

        _changing.EnterReadLock();
        SearchScratch scratch = _workers.ScratchPool.Rent();
        bool isDone = false;
        try
        {
            if (_graph.Live.Contains(slot))
            {
                Delays.Here();
                _codes.Encode(slot, scratch);
                _codes.Walker.Link(slot, scratch);
            }
            else
            {
                _graph.SetState(slot, NodeState.Unlinked);
            }

            Interlocked.Increment(ref _changes);
            isDone = true;
        }
        catch (Exception exception) when (exception is not ThreadInterruptedException)
        {
            _fault ??= ExceptionDispatchInfo.Capture(exception);
            throw;
        }
        finally
        {
            _workers.ScratchPool.Return(scratch);
            _changing.ExitReadLock();
            Delays.Here();
            if (isDone)
            {
                _pending.Complete(position);
            }

            // Else it is not in the graph: it stays among those that every search looks at.
        }

        return true;
    }

    private bool AdvanceRemovals(bool even)
    {
        _changing.EnterReadLock();
        try
        {
            bool advanced = _removals.Advance(_currentWalker, even);
            if (advanced)
            {
                Interlocked.Increment(ref _changes);
            }

            return advanced;
        }
        finally
        {
            _changing.ExitReadLock();
        }
    }

    private void Reconnect(CancellationToken cancellationToken)
    {
        _changing.EnterReadLock();
        try
        {
            _reconnection.Run(_currentWalker, Changes, cancellationToken);
        }
        finally
        {
            _changing.ExitReadLock();
        }
    }

    private void ReconnectIfDue()
    {
        if (ReconnectionIsDue)
        {
            Reconnect(_stopping.Token);
        }
    }

    private void Help(bool progressed, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        if (!progressed)
        {
            Thread.Sleep(1);
        }
    }

    private void ThrowIfFailed() => Volatile.Read(ref _fault)?.Throw();
}
