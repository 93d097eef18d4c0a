using System.Buffers;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>What a record will be once everything appended has been applied, and the group that will do it.</summary>
internal readonly record struct PendingRecord(bool Exists, long CreatedAtMs, long ExpiresAtMs, ulong CreatedSequence, RecordVersion Version, ulong Sequence, CommitGroup Group);

/// <summary>
/// Writes that become durable together, and the promise that their writers wait for. It finds its records by id, so that decisions about
/// existence and conditions see what has been appended but not applied yet.
/// Thread safety: filled and asked under the writer's lock; the one committer seals, writes and reads the frames without it, and gives the buffers back
/// when nobody asks any more.
/// </summary>
internal sealed class CommitGroup
{
    private const int NoFrame = -1;

    /// <summary>Up to so many frames are looked through one by one.</summary>
    private const int FramesWithoutBuckets = 4;

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The last frame of each bucket of tags, and for each frame the one before it in its bucket.</summary>
    private int[] _buckets = [];
    private int[] _before = [];

    public LogGroup Frames { get; } = new();

    /// <summary>The strongest durability that any of the writers asked for.</summary>
    public Durability Durability { get; set; } = Durability.OperatingSystem;

    /// <summary>Records that will need a row.</summary>
    public int Puts { get; set; }

    /// <summary>Bytes that its writes have reserved in the database's memory.</summary>
    public long Memory { get; set; }

    /// <summary>Ends when the group is as durable as was asked for and applied, or has failed.</summary>
    public Task Done => _done.Task;

    /// <summary>Adds a frame and returns its body to be filled in.</summary>
    public Span<byte> Add(FrameHeader header, uint tag)
    {
        Span<byte> body = Frames.Add(header, tag);
        int frame = Frames.Entries.Length - 1;
        if (frame >= FramesWithoutBuckets)
        {
            if (frame >= _before.Length)
            {
                LayOutBuckets(frame + 1);
            }
            else
            {
                Enter(frame, tag);
            }
        }

        return body;
    }

    /// <summary>What the group makes of a record.</summary>
    public bool TryGet(uint tag, ReadOnlySpan<byte> id, out PendingRecord record)
    {
        int frame = Frames.Entries.Length - 1;
        bool hasBuckets = frame >= FramesWithoutBuckets;
        for (frame = hasBuckets ? _buckets[tag & (uint)(_buckets.Length - 1)] : frame; frame != NoFrame; frame = hasBuckets ? _before[frame] : frame - 1)
        {
            ref readonly LogGroup.Entry entry = ref Frames.Entries[frame];
            if (entry.Tag == tag && TryRead(entry, id, out record))
            {
                return true;
            }
        }

        record = default;
        return false;
    }

    public void Complete() => _done.SetResult();

    /// <summary>Fails the group; nothing of it is in the log.</summary>
    public void Fail(HypervexException cause)
    {
        _done.SetException(cause);
        _ = _done.Task.Exception; // observed: a writer may have given up waiting
    }

    /// <summary>Gives the buffers back: nobody may ask for its records any more.</summary>
    public void Release()
    {
        Frames.Dispose();
        ArrayPool<int>.Shared.Return(_buckets);
        ArrayPool<int>.Shared.Return(_before);
        _buckets = [];
        _before = [];
    }

    private bool TryRead(in LogGroup.Entry entry, ReadOnlySpan<byte> id, out PendingRecord record)
    {
        ReadOnlySpan<byte> body = Frames.Body(entry);
        if (entry.Header.Kind == FrameKind.Put)
        {
            RecordFixed values = RecordBody.FixedOf(body);
            record = new PendingRecord(true, values.CreatedAtMs, values.ExpiresAtMs, values.CreatedSequence, new RecordVersion(values.Clock, values.Node), entry.Header.Sequence, this);
            return RecordBody.IdOf(body).SequenceEqual(id);
        }

        TombstoneBody.TryRead(body, out TombstoneBody tombstone);
        record = new PendingRecord(false, 0, 0, 0, new RecordVersion(tombstone.Clock, tombstone.Node), entry.Header.Sequence, this);
        return tombstone.Id.SequenceEqual(id);
    }

    private void LayOutBuckets(int frames)
    {
        ArrayPool<int>.Shared.Return(_buckets);
        ArrayPool<int>.Shared.Return(_before);
        _before = ArrayPool<int>.Shared.Rent(frames * 2); // pools lend powers of two
        _buckets = ArrayPool<int>.Shared.Rent(_before.Length);
        _buckets.AsSpan().Fill(NoFrame);
        for (int i = 0; i < frames; i++)
        {
            Enter(i, Frames.Entries[i].Tag);
        }
    }

    private void Enter(int frame, uint tag)
    {
        ref int last = ref _buckets[tag & (uint)(_buckets.Length - 1)];
        _before[frame] = last;
        last = frame;
    }
}
