using System.Buffers;

namespace Hypervex.Storage;

/// <summary>
/// Frames that are written and made durable together. The bodies stand in one rented buffer with room for their headers; the log
/// seals them when it knows segment and durable mark. Thread safety: none. Disposing it gives the buffers back.
/// </summary>
internal sealed class LogGroup : IDisposable
{
    private const int SmallestBytes = 4096;

    /// <summary>A larger buffer is left to the garbage collector: pools keep what they are given.</summary>
    private const int LargestKept = 8 << 20;

    private Entry[] _entries = [];
    private byte[] _bytes = [];
    private int _count;

    /// <summary>One frame: where it starts in the buffer, what its header will say, and the hash of its record's id (a hash of <see cref="RecordTable"/>).</summary>
    internal readonly record struct Entry(int Offset, uint Tag, FrameHeader Header);

    public int Length { get; private set; }

    public ReadOnlySpan<Entry> Entries => _entries.AsSpan(0, _count);

    public Span<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Makes room for frames that are about to come, once instead of in steps.</summary>
    public void MakeRoom(int frames, long bodyBytes)
    {
        long end = Length + bodyBytes + (frames * (long)(FrameHeader.Size + FrameHeader.Alignment));
        if (_bytes.Length < end && end <= Array.MaxLength)
        {
            Grow(ref _bytes, Length, (int)end);
        }

        if (_entries.Length < _count + frames)
        {
            GrowEntries(_count + frames);
        }
    }

    /// <summary>Makes room for a frame and returns its body to be filled in.</summary>
    public Span<byte> Add(FrameHeader header, uint tag)
    {
        int offset = Length;
        int end = checked(offset + header.FrameLength);
        if (_bytes.Length < end)
        {
            Grow(ref _bytes, offset, end);
        }

        if (_entries.Length == _count)
        {
            GrowEntries(_count + 1);
        }

        Length = end;
        _entries[_count++] = new Entry(offset, tag, header);
        return _bytes.AsSpan(offset + FrameHeader.Size, header.BodyLength);
    }

    public ReadOnlySpan<byte> Body(in Entry entry) => _bytes.AsSpan(entry.Offset + FrameHeader.Size, entry.Header.BodyLength);

    /// <summary>Makes the last frame the end of its batch.</summary>
    public void CommitLast()
    {
        ref Entry last = ref _entries[_count - 1];
        last = last with { Header = last.Header with { Commit = true } };
    }

    public void Seal(ulong nonce, ulong durableMark)
    {
        foreach (ref readonly Entry entry in Entries)
        {
            (entry.Header with { DurableMark = durableMark }).Seal(_bytes.AsSpan(entry.Offset, entry.Header.FrameLength), nonce);
        }
    }

    /// <summary>Empties the group for its next use, keeping a moderate buffer.</summary>
    public void Clear()
    {
        _count = 0;
        Length = 0;
        if (_bytes.Length > LargestKept)
        {
            _bytes = [];
        }
    }

    public void Dispose()
    {
        Return(_bytes);
        ArrayPool<Entry>.Shared.Return(_entries);
        _bytes = [];
        _entries = [];
        Clear();
    }

    private void GrowEntries(int needed)
    {
        Entry[] longer = ArrayPool<Entry>.Shared.Rent(Math.Max(needed, _count * 2));
        Entries.CopyTo(longer);
        ArrayPool<Entry>.Shared.Return(_entries);
        _entries = longer;
    }

    /// <summary>Replaces a rented buffer by a larger one, at least twice as long where that is possible.</summary>
    /// <param name="bytes">The buffer; an empty one has not been rented.</param>
    /// <param name="used">Bytes to keep.</param>
    /// <param name="needed">Least length of the new one.</param>
    public static void Grow(ref byte[] bytes, int used, int needed)
    {
        byte[] longer = ArrayPool<byte>.Shared.Rent((int)Math.Max(Math.Max(needed, SmallestBytes), Math.Min(bytes.Length * 2L, Array.MaxLength)));
        bytes.AsSpan(0, used).CopyTo(longer);
        Return(bytes);
        bytes = longer;
    }

    /// <summary>Gives a rented buffer back.</summary>
    public static void Return(byte[] bytes)
    {
        if (bytes.Length <= LargestKept)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
