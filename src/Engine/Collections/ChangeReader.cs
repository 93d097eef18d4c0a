using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Reads a collection's changes from a position on, out of its log, page by page. It keeps nothing of a page, takes part in no write, and holds up neither compaction nor closing while nobody reads.
/// Invariants: (1) a change is told when it is applied, wholly in the log and durable, and in order of sequence; (2) whoever takes in all pages from the beginning, or from a position that he had, has
/// every record as it is, and none that was deleted, or is told <see cref="ErrorCode.PositionExpired"/>.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class ChangeReader
{
    /// <summary>Greatest number of changes of a page.</summary>
    public const int MostChanges = 1_000;

    /// <summary>A page ends with the change that reaches this number of bytes in the log.</summary>
    public const int PageBytes = 1 << 20;

    // So many bytes are read for a page at most, of changes or not, so that nobody who waits for calls to end waits long.
    private const int MostBytesRead = 8 << 20;

    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(1);

    private readonly Partition _partition;
    private readonly Func<CollectionSchema> _schema;
    private readonly OperationGate _gate;
    private readonly Include _include;
    private readonly TimeProvider _time;
    private readonly TimeSpan _batchInterval;
    private readonly LogWalker _walker;
    private readonly HashSet<ulong> _silent = [];
    private ulong? _base;

    /// <summary>Begins at a position, which the first page checks.</summary>
    /// <param name="partition">Whose log.</param>
    /// <param name="schema">The collection's schema.</param>
    /// <param name="gate">Counts the calls under way.</param>
    /// <param name="options">The time, and how soon what is written becomes durable.</param>
    /// <param name="from">The position.</param>
    /// <param name="include">What of each record is told.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.PositionExpired"/>: it is one of another collection.</exception>
    public ChangeReader(Partition partition, Func<CollectionSchema> schema, OperationGate gate, DatabaseOptions options, ChangePosition from, Include include)
    {
        if (from.Collection != 0 && from.Collection != partition.CollectionId)
        {
            throw Expired("The position is one of another collection; one that was dropped and created again under its name is another one.");
        }

        (_partition, _schema, _gate, _include) = (partition, schema, gate, include);
        (_time, _batchInterval) = (options.TimeProvider, options.BatchInterval < s_longestTimer ? options.BatchInterval : s_longestTimer);
        _walker = new LogWalker(from.Sequence + 1);
        _base = from.Collection == 0 ? null : from.Base;
    }

    /// <summary>The position behind what has been read.</summary>
    public ChangePosition Position => new(_partition.CollectionId, _walker.Next - 1, _base ?? 0);

    /// <summary>The position behind all changes of now.</summary>
    public static ChangePosition Latest(Partition partition) => new(partition.CollectionId, partition.SettledSequence, 0);

    /// <summary>The changes that come next; none when there are none yet.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.PositionExpired"/>, <see cref="ErrorCode.Damaged"/>, <see cref="ErrorCode.Closed"/>.</exception>
    public IReadOnlyList<RecordChange> Read()
    {
        using OperationGate.Pass pass = _gate.Enter();
        ulong last = _partition.SettledSequence;
        LogSegment[] chain = _partition.Log.Segments.InOrder; // what is in force now stays open until this call has ended
        Delays.Here();
        Check(chain, last);
        CollectionSchema schema = _schema();
        var changes = new List<RecordChange>();
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            long told = 0;
            long read = 0;
            while (changes.Count < MostChanges && told < PageBytes && read < MostBytesRead && _walker.TryNext(chain, last, buffer, out FrameHeader header, out ReadOnlySpan<byte> frame))
            {
                read += header.FrameLength;
                if (header.Kind != FrameKind.Mark)
                {
                    changes.Add(ChangeOf(header, frame.Slice(FrameHeader.Size, header.BodyLength), schema));
                    told += header.FrameLength;
                }
            }
        }
        finally
        {
            buffer.Return();
        }

        return changes;
    }

    /// <summary>Waits until there is something to read. Nothing waits for this call but its caller.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Closed"/>; <see cref="ErrorCode.LogFailed"/>: what is written does not become durable.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gate.ClosingToken);
        long? appliedSince = null;
        while (true)
        {
            Task changed;
            TimeSpan patience = Timeout.InfiniteTimeSpan;
            using (_gate.Enter())
            {
                changed = _partition.Log.Changes.Next;
                if (_partition.SettledSequence >= _walker.Next)
                {
                    return;
                }

                if (_partition.Position.Sequence >= _walker.Next)
                {
                    appliedSince ??= _time.GetTimestamp();
                    patience = _batchInterval - _time.GetElapsedTime(appliedSince.Value); // others write meanwhile, and wake this one each time
                }
            }

            try
            {
                await changed.WaitAsync(appliedSince is not null && patience < TimeSpan.Zero ? TimeSpan.Zero : patience, _time, ended.Token).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Nobody who wrote it asked for it to be durable.
                await Task.Run(Sync, CancellationToken.None).ConfigureAwait(false);
                appliedSince = null;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                _gate.Enter().Dispose(); // says that the collection is closed
                throw;
            }
        }
    }

    private static HypervexException Expired(string why) =>
        new(ErrorCode.PositionExpired, $"{why} Begin again without a position, and forget what is not told then; or watch from now on.");

    private void Sync()
    {
        using OperationGate.Pass pass = _gate.Enter();
        _partition.Log.Sync();
    }

    private void Check(LogSegment[] chain, ulong last)
    {
        if (_base is null)
        {
            // Nobody has to be told of the deletion of a record that he has never been told of: where a deletion is gone, so were the states of its record before it.
            _base = chain.Max(segment => segment.Header.Compacted is { SaysForgotten: true } range ? range.ForgottenUpTo : 0);
            _silent.UnionWith(chain.Where(segment => segment.Header.Compacted is { SaysForgotten: false }).Select(segment => segment.Header.Nonce));
        }

        ulong forgotten = chain.Max(segment => segment.Header.Compacted is { } range && !_silent.Contains(segment.Header.Nonce) ? range.ForgottenUpTo : 0);
        ulong known = _walker.Next - 1;
        if (known > last)
        {
            throw Expired($"The position is behind change {known}, but the last one of the collection is {last}: its directory has been replaced by an older copy.");
        }

        if (forgotten > Math.Max(known, _base.Value))
        {
            throw Expired($"The position is behind change {known}, and compaction has removed what told of deletions up to {forgotten} (DatabaseOptions.TombstoneRetention says how long they are kept).");
        }
    }

    private RecordChange ChangeOf(FrameHeader header, ReadOnlySpan<byte> body, CollectionSchema schema)
    {
        var position = new ChangePosition(_partition.CollectionId, header.Sequence, _base!.Value);
        if (header.Kind == FrameKind.Delete)
        {
            TombstoneBody tombstone = Partition.ReadDelete(header, body);
            return new RecordChange
            {
                Position = position,
                Id = Names.Decode(tombstone.Id),
                Version = new RecordVersion(tombstone.Clock, tombstone.Node),
                At = DateTimeOffset.FromUnixTimeMilliseconds(tombstone.DeletedAtMs),
            };
        }

        VectorRecord record = PartitionReader.Materialize(Partition.ReadPut(header, body), schema, _include);
        return new RecordChange { Position = position, Id = record.Id, Version = record.Version, At = record.UpdatedAt, Record = record };
    }
}
