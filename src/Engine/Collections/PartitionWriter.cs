using System.Buffers;
using System.Runtime.InteropServices;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The partition's one writer: decides existence, conditions, capacity, version and sequence under its lock, against what is applied plus
/// what is appended but not yet applied, and appends complete effects to the open group. Thread safety: all members.
/// </summary>
internal sealed class PartitionWriter : IDisposable
{
    /// <summary>Writers wait while this much is in the queue.</summary>
    private const int MaxWaitingBytes = 64 << 20;

    /// <summary>So many ids are looked up in the record table at a time.</summary>
    private const int LooksAtOnce = 64;

    private readonly Partition _partition;
    private readonly CommitQueue _queue;
    private readonly HybridClock _clock;
    private readonly Durability _ofDatabase;
    private readonly DiskReserve? _reserve;
    private volatile Durability _durability;
    private ulong _lastSequence;
    private long _count;

    public PartitionWriter(Partition partition, HybridClock clock, DatabaseOptions options, Action committed)
    {
        _partition = partition;
        _clock = clock;
        _ofDatabase = options.Durability;
        _durability = options.Durability;
        _reserve = options.Reserve;
        _queue = new CommitQueue(partition, options, Settle, committed);
        _lastSequence = partition.Log.LastSequence;
        _count = partition.Records.Count;
    }

    /// <summary>
    /// What a decision knows about an id. Sequences are 0 when there is no record. One that has expired is there until it is deleted, but does not exist.
    /// </summary>
    internal readonly record struct Before(bool IsThere, bool Exists, long CreatedAtMs, ulong CreatedSequence, RecordVersion Version, ulong SameVectorsSince);

    /// <summary>The durability of writes that begin from now on and name none; null = the database's.</summary>
    public void UseDurability(Durability? durability) => _durability = durability ?? _ofDatabase;

    /// <summary>Runs a write to its end on the calling thread.</summary>
    public T Run<T>(Func<Attempt<T>> tryOnce)
    {
        while (true)
        {
            Attempt<T> attempt = tryOnce();
            if (attempt.RetryAfter is { } after)
            {
                ((IAsyncResult)after).AsyncWaitHandle.WaitOne();
                continue;
            }

            if (attempt.Group is { } group)
            {
                if (attempt.MustCommit)
                {
                    _queue.Commit(group.Done);
                }

                Rethrow(() => group.Done.GetAwaiter().GetResult());
            }

            return attempt.Result;
        }
    }

    /// <summary>Runs a write; no thread waits meanwhile. Cancellation ends the waiting for room, never that for an appended write.</summary>
    public async ValueTask<T> RunAsync<T>(Func<Attempt<T>> tryOnce, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Attempt<T> attempt = tryOnce();
            if (attempt.RetryAfter is { } after)
            {
                await after.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (attempt.Group is { } group)
            {
                if (attempt.MustCommit)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(queue => queue.Commit(null), _queue, preferLocal: false);
                }

                await group.Done.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Rethrow(() => group.Done.GetAwaiter().GetResult());
            }

            return attempt.Result;
        }
    }

    /// <summary>Tries to write records that have been checked against the schema, as one atomic batch. Their ids differ.</summary>
    /// <param name="records">The records.</param>
    /// <param name="schema">The schema they were checked against.</param>
    /// <param name="options">Condition and durability.</param>
    /// <param name="mustBeNew">Refuse ids that exist.</param>
    /// <param name="expected">For an update: the sequence-defining version that the record was made from.</param>
    /// <param name="ack">The acknowledgement of the last record.</param>
    public Attempt<ulong> TryPut(EncodedRecords records, CollectionSchema schema, WriteOptions? options, bool mustBeNew, RecordVersion? expected, out Ack ack)
    {
        ack = default;
        Before[] rented = ArrayPool<Before>.Shared.Rent(records.Count);
        try
        {
            lock (_queue.Lock)
            {
                if (_queue.Taken is { } taken)
                {
                    return Attempt<ulong>.Again(taken);
                }

                if (_queue.WaitingBytes > MaxWaitingBytes)
                {
                    return Attempt<ulong>.Again(_queue.Open.Done);
                }

                ThrowIfFailed();
                _reserve?.RequireHeld();
                long nowMs = _partition.NowMs;
                Span<Before> before = rented.AsSpan(0, records.Count);
                Span<uint> tags = stackalloc uint[LooksAtOnce];
                Span<bool> known = stackalloc bool[LooksAtOnce];
                for (int i = 0; i < before.Length; i++)
                {
                    if (i % LooksAtOnce == 0)
                    {
                        // What is applied meanwhile is pending until this lock is free.
                        int some = Math.Min(LooksAtOnce, before.Length - i);
                        records.CopyTags(i, tags[..some]);
                        _partition.Records.Know(tags[..some], known);
                    }

                    ReadOnlySpan<byte> id = records.Id(i);
                    before[i] = Look(records.Tag(i), id, records.VectorSection(i), nowMs, known[i % LooksAtOnce]);
                    if (expected is { } made && (!before[i].Exists || before[i].Version != made))
                    {
                        return Attempt<ulong>.Again(Task.CompletedTask); // somebody was faster: make the record anew
                    }

                    Check(id, before[i], options, mustBeNew);
                }

                return Put(records, before, schema, options, out ack);
            }
        }
        finally
        {
            ArrayPool<Before>.Shared.Return(rented);
        }
    }

    /// <summary>Tries to write what an update made of records, as one atomic batch; those that have changed since are passed over.</summary>
    /// <param name="records">The records, of which no two have the same id.</param>
    /// <param name="made">The version that each was made from.</param>
    /// <param name="schema">The schema they were checked against.</param>
    /// <param name="options">Durability.</param>
    /// <param name="passedOver">Hears the id of each that was passed over.</param>
    /// <returns>How many were written.</returns>
    public Attempt<int> TryUpdate(EncodedRecords records, IReadOnlyList<RecordVersion> made, CollectionSchema schema, WriteOptions? options, Action<byte[]> passedOver)
    {
        lock (_queue.Lock)
        {
            if (_queue.Taken is { } taken)
            {
                return Attempt<int>.Again(taken);
            }

            if (_queue.WaitingBytes > MaxWaitingBytes)
            {
                return Attempt<int>.Again(_queue.Open.Done);
            }

            ThrowIfFailed();
            _reserve?.RequireHeld();
            long nowMs = _partition.NowMs;
            var before = new List<Before>(records.Count);
            for (int i = 0; i < records.Count; i++)
            {
                Before was = Look(records.Tag(i), records.Id(i), records.VectorSection(i), nowMs);
                if (was.Exists && was.Version == made[i])
                {
                    before.Add(was);
                }
                else
                {
                    passedOver(records.Id(i).ToArray());
                    records.LeaveOut(i);
                }
            }

            records.DropSuperseded();
            return records.Count == 0
                ? new Attempt<int>(0, null, false, null)
                : Put(records, CollectionsMarshal.AsSpan(before), schema, options, out _).With(records.Count);
        }
    }

    /// <summary>Tries to delete ids as one atomic batch; those that do not exist are passed over.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="schema">The schema to name in the log.</param>
    /// <param name="options">Condition and durability.</param>
    /// <param name="seen">The version of each id that is meant: records with another are passed over. Null = whatever there is.</param>
    /// <param name="evenExpired">Whether records are meant too that have expired.</param>
    public Attempt<BatchAck> TryDelete(IReadOnlyList<byte[]> ids, CollectionSchema schema, WriteOptions? options, IReadOnlyList<RecordVersion>? seen = null, bool evenExpired = false)
    {
        lock (_queue.Lock)
        {
            if (_queue.Taken is { } taken)
            {
                return Attempt<BatchAck>.Again(taken);
            }

            ThrowIfFailed();
            long nowMs = _partition.NowMs;
            var found = new List<byte[]>(ids.Count);
            PendingRecord lastGone = default;
            for (int i = 0; i < ids.Count; i++)
            {
                byte[] id = ids[i];
                uint tag = _partition.Records.TagOf(id);
                Before before = Look(tag, id, default, nowMs);
                bool isMeant = evenExpired ? before.IsThere : before.Exists;
                if (isMeant && seen is not null && before.Version != seen[i])
                {
                    continue;
                }

                if (options?.IfVersion is { } version && isMeant && before.Version != version)
                {
                    throw VersionMismatch(id, version, before.Version);
                }

                if (isMeant)
                {
                    found.Add(id);
                }
                else if (_queue.TryGetPending(tag, id, out PendingRecord gone) && gone.Sequence > lastGone.Sequence)
                {
                    lastGone = gone;
                }
            }

            if (found.Count == 0)
            {
                // That a record is gone may be said only when its deletion, which may be under way, is as durable as it was to be.
                return new Attempt<BatchAck>(new BatchAck(_lastSequence, 0, []), lastGone.Group, false, null);
            }

            for (int i = 0; i < found.Count; i++)
            {
                AppendDelete(_partition.Records.TagOf(found[i]), found[i], schema, last: i == found.Count - 1);
            }

            _count -= found.Count;
            Attempt<ulong> appended = Appended(options);
            return new Attempt<BatchAck>(new BatchAck(appended.Result, found.Count, []), appended.Group, appended.MustCommit, null);
        }
    }

    /// <summary>The group that will apply a record which is still in the queue; null when reads see its latest state.</summary>
    public Task? WhenApplied(byte[] id)
    {
        lock (_queue.Lock)
        {
            return _queue.TryGetPending(_partition.Records.TagOf(id), id, out PendingRecord pending) ? pending.Group.Done : null;
        }
    }

    /// <summary>Runs a step between two groups (<see cref="CommitQueue.RunBetween"/>).</summary>
    public void RunBetween(Action step) => _queue.RunBetween(step);

    /// <summary>
    /// Does work that appends to the log and applies it itself. What was written before has been committed, and other writers wait, without their threads
    /// where they called asynchronously.
    /// </summary>
    public T RunAlone<T>(Func<T> work, CancellationToken cancellationToken)
    {
        _queue.Take(cancellationToken);
        try
        {
            ThrowIfFailed();
            return work();
        }
        finally
        {
            lock (_queue.Lock)
            {
                _lastSequence = _partition.Log.LastSequence;
                _count = _partition.Records.Count;
            }

            _queue.GiveBack();
        }
    }

    /// <summary>Closes the log in a way that proves it whole. Nothing may be under way.</summary>
    public void Close() => _queue.WriteClosingMark();

    public void Dispose() => _queue.Dispose();

    private static void Rethrow(Action wait)
    {
        try
        {
            wait();
        }
        catch (HypervexException exception)
        {
            throw new HypervexException(exception.Code, exception.Message, exception); // one exception object a caller
        }
    }

    private static void Check(ReadOnlySpan<byte> id, in Before before, WriteOptions? options, bool mustBeNew)
    {
        if (mustBeNew && before.Exists)
        {
            throw new HypervexException(ErrorCode.AlreadyExists, $"The record \"{Names.Decode(id)}\" exists already.");
        }

        if (options?.IfVersion is { } version && (!before.Exists || before.Version != version))
        {
            throw VersionMismatch(id, version, before.Exists ? before.Version : default);
        }
    }

    private static HypervexException VersionMismatch(ReadOnlySpan<byte> id, RecordVersion expected, RecordVersion actual) => new(
        ErrorCode.VersionMismatch,
        $"The record \"{Names.Decode(id)}\" has version {(actual == default ? "none (it does not exist)" : actual)}, expected {expected}. Read it again and decide anew.");

    /// <summary>What is known of an id, and since when its vectors are these bytes. Under the queue's lock, or inside of <see cref="RunAlone"/>.</summary>
    /// <param name="tag">Hash of the id.</param>
    /// <param name="id">The id.</param>
    /// <param name="vectorSection">The vectors that it is to have.</param>
    /// <param name="nowMs">What has expired by then does not exist.</param>
    /// <param name="mayExist">Whether an applied record has the tag.</param>
    internal Before Look(uint tag, ReadOnlySpan<byte> id, ReadOnlySpan<byte> vectorSection, long nowMs, bool mayExist = true)
    {
        if (_queue.TryGetPending(tag, id, out PendingRecord pending))
        {
            bool exists = pending.ExpiresAtMs == 0 || pending.ExpiresAtMs > nowMs;
            return pending.Exists ? new Before(true, exists, pending.CreatedAtMs, pending.CreatedSequence, pending.Version, 0) : default;
        }

        if (!mayExist)
        {
            return default;
        }

        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (!_partition.TryFind(tag, id, buffer, out _, out _, out RecordBody record))
            {
                return default;
            }

            RecordFixed values = record.Fixed;
            bool same = record.VectorSection.SequenceEqual(vectorSection);
            return new Before(true, !values.HasExpired(nowMs), values.CreatedAtMs, values.CreatedSequence, new RecordVersion(values.Clock, values.Node), same ? values.VectorsSequence : 0);
        }
        finally
        {
            buffer.Return();
        }
    }

    private Attempt<ulong> Put(EncodedRecords records, ReadOnlySpan<Before> before, CollectionSchema schema, WriteOptions? options, out Ack ack)
    {
        int created = 0;
        int rows = 0;
        foreach (ref readonly Before each in before)
        {
            created += each.IsThere ? 0 : 1;
            rows += each.SameVectorsSince == 0 ? 1 : 0;
        }

        if (created > 0 && schema.Capacity is { } capacity && _count + created > capacity)
        {
            throw new HypervexException(
                ErrorCode.CapacityExceeded,
                $"The collection \"{schema.Name}\" holds {_count} records and has a capacity of {capacity}; {created} more do not fit. Delete records or raise the capacity.");
        }

        long memory = _partition.Reservations.Reserve(rows, records.BodyBytes, records.Count, records.MetadataBytes, records.Expiring);
        CommitGroup group = _queue.Open;
        group.Frames.MakeRoom(records.Count, records.BodyBytes);
        RecordVersion version = _clock.Next(records.Count, out long nowMs);
        RecordFixed values = default;
        for (int i = 0; i < records.Count; i++)
        {
            ulong sequence = ++_lastSequence;
            ref readonly Before was = ref before[i];
            ReadOnlySpan<byte> encoded = records.Body(i);
            long createdAtMs = records.CreatedAtMs(i);
            values = new RecordFixed(
                version.Clock + (ulong)i,
                version.Node,
                createdAtMs != EncodedRecords.Now ? createdAtMs : was.Exists ? was.CreatedAtMs : nowMs,
                nowMs,
                RecordBody.ExpiresAtMsOf(encoded),
                was.Exists ? was.CreatedSequence : sequence,
                was.SameVectorsSince != 0 ? was.SameVectorsSince : sequence);
            Span<byte> body = group.Add(new FrameHeader(encoded.Length, sequence, 0, schema.Version, FrameKind.Put, Commit: i == records.Count - 1), records.Tag(i));
            encoded.CopyTo(body);
            RecordBody.WriteFixed(body, values);
        }

        group.Puts += records.Count;
        group.Memory += memory;
        _count += created;
        ack = new Ack(
            _lastSequence,
            new RecordVersion(values.Clock, values.Node),
            DateTimeOffset.FromUnixTimeMilliseconds(values.CreatedAtMs),
            DateTimeOffset.FromUnixTimeMilliseconds(nowMs),
            !before[^1].Exists);
        return Appended(options);
    }

    private void AppendDelete(uint tag, byte[] id, CollectionSchema schema, bool last)
    {
        ulong sequence = ++_lastSequence;
        RecordVersion version = _clock.Next(out long nowMs);
        var tombstone = new TombstoneBody(version.Clock, version.Node, nowMs, id);
        tombstone.Write(_queue.Open.Add(new FrameHeader(TombstoneBody.SizeOf(id.Length), sequence, 0, schema.Version, FrameKind.Delete, last), tag));
    }

    private Attempt<ulong> Appended(WriteOptions? options)
    {
        CommitGroup group = _queue.Open;
        Durability durability = options?.Durability ?? _durability;
        if (durability < group.Durability)
        {
            group.Durability = durability; // the enumeration goes from strong to weak
        }

        return new Attempt<ulong>(_lastSequence, group, _queue.BecomeCommitter(), null);
    }

    private void Settle(CommitGroup group, HypervexException? failure)
    {
        _partition.Memory.Settle(group.Memory);
        if (failure is null)
        {
            return;
        }

        _lastSequence = _partition.Log.LastSequence;
        _count = _partition.Records.Count;
    }

    private void ThrowIfFailed()
    {
        if (_partition.Log.Failed is { } failed)
        {
            throw new HypervexException(failed.Code, failed.Message, failed);
        }
    }
}
