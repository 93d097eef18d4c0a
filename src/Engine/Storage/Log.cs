using System.Diagnostics;
using System.Security.Cryptography;

namespace Hypervex.Storage;

/// <summary>
/// A partition's log: appends groups of frames to the last segment, makes them durable, reads frames back by location.
/// Invariants: (1) <see cref="DurableSequence"/> &lt;= <see cref="LastSequence"/>; (2) every segment but the last is durable;
/// (3) once <see cref="Failed"/>, nothing is written any more. Thread safety: one appender at a time; a sync may run beside
/// an append; reads from any thread.
/// </summary>
internal sealed class Log : IDisposable
{
    private const int SmallestStep = 64 * 1024;
    private const int LargestStep = 8 << 20;
    private const int ZeroFillBelow = 64 * 1024;

    private static readonly byte[] s_zeros = new byte[1 << 20];

    private readonly IFileSystem _files;
    private readonly string _partition;
    private readonly long _segmentBytes;
    private readonly Lock _syncLock = new();
    private readonly SegmentChain _segments;
    private long _durable;
    private long _syncStarted;
    private long _last;
    private bool _rotating;
    private bool _disposed;

    public Log(IFileSystem files, string partition, LogSegment[] segments, ulong lastSequence, long segmentBytes)
    {
        _files = files;
        _partition = partition;
        _segments = new SegmentChain(segments);
        _segmentBytes = segmentBytes;
        _last = _durable = (long)lastSequence;
    }

    /// <summary>How long the syncs took that made writes durable.</summary>
    public DurationHistogram SyncTimes { get; } = new();

    /// <summary>Tells those who wait for changes of the log.</summary>
    public ChangeSignal Changes { get; } = new();

    /// <summary>The last sequence that has been written.</summary>
    public ulong LastSequence => (ulong)Volatile.Read(ref _last);

    /// <summary>The last sequence that is known durable.</summary>
    public ulong DurableSequence => (ulong)Volatile.Read(ref _durable);

    /// <summary>Why the log refuses writes; null while it accepts them.</summary>
    public HypervexException? Failed { get; private set; }

    public long SizeBytes => _segments.InOrder.Sum(segment => segment.End);

    /// <summary>The part of all bytes that is out of date, 0 to 1.</summary>
    public double GarbageRatio
    {
        get
        {
            LogSegment[] chain = _segments.InOrder;
            return Math.Min(1, chain.Sum(segment => segment.DeadBytes) / (double)Math.Max(1, chain.Sum(segment => segment.End)));
        }
    }

    public SegmentChain Segments => _segments;

    /// <summary>Starts an empty log.</summary>
    public static Log Create(IFileSystem files, string partition, ulong collectionId, uint partitionNumber, long segmentBytes)
    {
        files.CreateDirectory(DatabasePaths.Logs(partition));
        files.SyncDirectory(partition);
        var header = new SegmentHeader(1, NewNonce(), collectionId, partitionNumber, 0);
        return new Log(files, partition, [LogSegment.Create(files, partition, header, 0)], 0, segmentBytes);
    }

    /// <summary>A random number that no other segment has.</summary>
    public static ulong NewNonce()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>Writes a group behind the last frame; it is not durable yet. On an error nothing of it counts as written.</summary>
    /// <returns>The segment that took the group, and the offset of its first byte there.</returns>
    public (LogSegment Segment, long Offset) Append(LogGroup group)
    {
        ThrowIfFailed();
        LogSegment segment = _segments.Tail;
        if (_rotating || (segment.End > SegmentHeader.Size && segment.End + group.Length > _segmentBytes))
        {
            segment = Rotate(segment);
        }

        TakeSpace(segment, segment.End, group.Length);
        group.Seal(segment.Header.Nonce, DurableSequence);
        long offset = segment.End;
        KillPoint.Hit(KillPlace.BeforeAppend);
        try
        {
            segment.File.Write(group.Bytes, offset);
        }
        catch (HypervexException exception)
        {
            EraseFailedAppend(segment, group.Length, exception);
            throw;
        }

        KillPoint.Hit(KillPlace.AfterAppend);
        segment.End = offset + group.Length;
        Volatile.Write(ref _last, (long)group.Entries[^1].Header.Sequence);
        return (segment, offset);
    }

    /// <summary>Where the frame behind a sequence stands or would stand, however the segments have changed since that place was noted.</summary>
    /// <param name="sequence">The last sequence before the place.</param>
    /// <param name="noted">The place when the sequence was the last one.</param>
    public RecordLocation PlaceBehind(ulong sequence, RecordLocation noted)
    {
        LogSegment segment = Array.FindLast(_segments.InOrder, segment => segment.Header.FirstSequence <= sequence + 1)!;
        return segment.Header.FirstSequence == sequence + 1 ? new RecordLocation(segment.Ordinal, SegmentHeader.Size) : noted;
    }

    /// <summary>Makes the last segment one that is not written to any more, unless it is empty. For the one appender.</summary>
    public void Seal()
    {
        ThrowIfFailed();
        LogSegment segment = _segments.Tail;
        if (segment.End > SegmentHeader.Size)
        {
            Rotate(segment);
        }
    }

    /// <summary>The segment that takes a long batch, which begins at its end: an empty one.</summary>
    internal LogSegment BeginLongBatch()
    {
        ThrowIfFailed();
        LogSegment segment = _segments.Tail;
        return _rotating || segment.End > SegmentHeader.Size ? Rotate(segment) : segment;
    }

    /// <summary>Takes the space of frames of a long batch ahead.</summary>
    internal void TakePiece(LogSegment segment, int length, long offset)
    {
        ThrowIfFailed();
        TakeSpace(segment, offset, length);
    }

    /// <summary>Writes frames of a long batch. They count as written only with <see cref="EndLongBatch"/>.</summary>
    internal void WritePiece(LogSegment segment, LogGroup piece, long offset)
    {
        ThrowIfFailed();
        TakeSpace(segment, offset, piece.Length);
        piece.Seal(segment.Header.Nonce, DurableSequence);
        segment.File.Write(piece.Bytes, offset);
    }

    /// <summary>Lets the frames of a long batch count; they are not durable yet.</summary>
    internal void EndLongBatch(LogSegment segment, long end, ulong lastSequence)
    {
        segment.End = end;
        Volatile.Write(ref _last, (long)lastSequence);
    }

    /// <summary>Takes a long batch away again, durably: its frames have the sequences that others will get.</summary>
    internal void AbandonLongBatch(LogSegment segment)
    {
        if (Failed is not null)
        {
            return; // opening the log again finds a batch without an end, and cuts it off
        }

        try
        {
            segment.File.SetLength(segment.End);
            segment.Allocated = segment.End;
            segment.File.Sync();
            KillPoint.Hit(KillPlace.RestoreAfterAbandon);
        }
        catch (HypervexException exception)
        {
            Fail(exception);
        }
    }

    /// <summary>
    /// Waits for a sync that has been running longer than this. What writers are told before it ends is what a power cut may cost them.
    /// </summary>
    public void WaitForSlowSync(TimeSpan slow)
    {
        long started = Volatile.Read(ref _syncStarted);
        if (started != 0 && Stopwatch.GetElapsedTime(started) > slow)
        {
            lock (_syncLock)
            {
            }
        }
    }

    /// <summary>Makes everything written so far durable. A failure ends all writing until the log is opened again.</summary>
    public void Sync()
    {
        lock (_syncLock)
        {
            ThrowIfFailed();
            ulong last = _disposed ? 0 : LastSequence; // read before the segment: a rotation in between has synced the older one
            if (DurableSequence >= last)
            {
                return;
            }

            try
            {
                KillPoint.Hit(KillPlace.BeforeSync);
                long started = Stopwatch.GetTimestamp();
                Volatile.Write(ref _syncStarted, started);
                _segments.Tail.File.Sync();
                SyncTimes.Add(Stopwatch.GetElapsedTime(started));
                KillPoint.Hit(KillPlace.AfterSync);
            }
            catch (HypervexException exception)
            {
                throw Fail(exception);
            }
            finally
            {
                Volatile.Write(ref _syncStarted, 0);
            }

            Volatile.Write(ref _durable, (long)last);
            Changes.Pulse();
        }
    }

    /// <summary>Ends all writing because the state in memory no longer follows the log.</summary>
    /// <param name="cause">What happened.</param>
    /// <param name="what">What it happened to, as a sentence.</param>
    public HypervexException Poison(Exception cause, string what) => Failed ??= new HypervexException(
        ErrorCode.LogFailed,
        $"{what} What is acknowledged is safe in the log {_segments.Tail.File.Path}; reads go on, and no further write is accepted until the database is opened again, which builds its memory anew from the log.",
        cause);

    /// <summary>Reads and checks the frame at a location.</summary>
    public ReadOnlySpan<byte> Read(RecordLocation location, FrameBuffer buffer, out FrameHeader header) =>
        _segments[location.Segment].Read(location.Offset, buffer, out header);

    public void Dispose()
    {
        lock (_syncLock)
        {
            _disposed = true; // a timer's sync may still be on its way
            _segments.Dispose();
        }
    }

    private LogSegment Rotate(LogSegment full)
    {
        // A rotation that failed has left a file that claims the next sequence: nothing may be written behind its back.
        _rotating = true;
        Sync(); // a later segment proves that this one is whole
        full.File.SetLength(full.End); // what was taken ahead and not needed
        full.Allocated = full.End;
        ulong last = LastSequence;
        SegmentHeader old = full.Header;
        var header = new SegmentHeader(last + 1, NewNonce(), old.CollectionId, old.Partition, last);
        LogSegment next;
        try
        {
            KillPoint.Hit(KillPlace.BeforeSegmentCreate);
            next = LogSegment.Create(_files, _partition, header, _segments.TakeOrdinal());
            KillPoint.Hit(KillPlace.AfterSegmentCreate);
        }
        catch (HypervexException exception) when (exception.Code != ErrorCode.DiskFull)
        {
            throw Fail(exception);
        }

        _segments.Append(next);
        _rotating = false;
        return next;
    }

    /// <summary>
    /// Takes the file's space ahead of the frames. Small groups get it filled with zeros, so that their fdatasync has no metadata
    /// to write; large ones would pay for writing twice.
    /// </summary>
    private static void TakeSpace(LogSegment segment, long offset, int length)
    {
        long needed = offset + length;
        if (needed <= segment.Allocated)
        {
            return;
        }

        long start = segment.Allocated;
        long step = Math.Max(needed - start, Math.Clamp(start, SmallestStep, LargestStep));
        segment.File.Allocate(start, step);
        if (length < ZeroFillBelow)
        {
            KillPoint.Hit(KillPlace.BeforeZeroFill);
            step = Math.Max(needed - start, Math.Min(step, s_zeros.Length));
            for (long at = start; at < start + step; at += s_zeros.Length)
            {
                segment.File.Write(s_zeros.AsSpan(0, (int)Math.Min(s_zeros.Length, start + step - at)), at);
            }

            KillPoint.Hit(KillPlace.AfterZeroFill);
        }

        segment.Allocated = start + step;
    }

    private void EraseFailedAppend(LogSegment segment, int length, HypervexException cause)
    {
        try
        {
            for (int done = 0; done < length; done += s_zeros.Length)
            {
                segment.File.Write(s_zeros.AsSpan(0, Math.Min(s_zeros.Length, length - done)), segment.End + done);
            }
        }
        catch (HypervexException)
        {
            Fail(cause);
        }
    }

    private HypervexException Fail(HypervexException cause) => Failed = new HypervexException(
        ErrorCode.LogFailed,
        $"The log {_segments.Tail.File.Path} could not be written or made durable; what is acknowledged is safe, reads go on, and no further write is accepted until the database is opened again. Check the disk first.",
        cause);

    private void ThrowIfFailed()
    {
        if (Failed is { } failed)
        {
            throw new HypervexException(failed.Code, failed.Message, failed);
        }
    }
}
