namespace Hypervex.Storage;

/// <summary>
/// Frames that are written and made durable together. The bodies stand in one buffer with room for their headers; the log
/// seals them when it knows segment and durable mark. Thread safety: none.
/// </summary>
internal sealed class LogGroup
{
    private readonly List<Entry> _entries = [];
    private byte[] _bytes = new byte[4096];

    /// <summary>One frame: where it starts in the buffer and what its header will say.</summary>
    internal readonly record struct Entry(int Offset, FrameHeader Header);

    public int Length { get; private set; }

    public IReadOnlyList<Entry> Entries => _entries;

    public Span<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Makes room for a frame and returns its body to be filled in.</summary>
    public Span<byte> Add(FrameHeader header)
    {
        int offset = Length;
        int end = checked(offset + header.FrameLength);
        if (_bytes.Length < end)
        {
            Array.Resize(ref _bytes, (int)Math.Max(end, Math.Min(_bytes.Length * 2L, Array.MaxLength)));
        }

        Length = end;
        _entries.Add(new Entry(offset, header));
        return _bytes.AsSpan(offset + FrameHeader.Size, header.BodyLength);
    }

    public ReadOnlySpan<byte> Body(Entry entry) => _bytes.AsSpan(entry.Offset + FrameHeader.Size, entry.Header.BodyLength);

    /// <summary>Makes the last frame the end of its batch.</summary>
    public void CommitLast() => _entries[^1] = _entries[^1] with { Header = _entries[^1].Header with { Commit = true } };

    public void Seal(ulong nonce, ulong durableMark)
    {
        foreach (Entry entry in _entries)
        {
            (entry.Header with { DurableMark = durableMark }).Seal(_bytes.AsSpan(entry.Offset, entry.Header.FrameLength), nonce);
        }
    }

    /// <summary>Empties the group for its next use, keeping a moderate buffer.</summary>
    public void Clear()
    {
        _entries.Clear();
        Length = 0;
        if (_bytes.Length > 4 << 20)
        {
            _bytes = new byte[4096];
        }
    }
}
