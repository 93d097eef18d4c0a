namespace Hypervex.Storage;

/// <summary>
/// Walks the frames of one segment in order through a sliding window, checking each. Stops at the first place where no
/// whole frame with the expected sequence stands; in a compacted segment any higher one up to its last will do. Thread safety: none.
/// </summary>
internal sealed class SegmentScanner(LogSegment segment, long offset, ulong expected)
{
    public SegmentScanner(LogSegment segment)
        : this(segment, SegmentHeader.Size, segment.Header.FirstSequence)
    {
    }

    private const int Window = 1 << 20;

    private readonly long _length = segment.File.Length;
    private byte[] _buffer = new byte[Window];
    private long _start = long.MinValue;
    private int _count;
    private long _frames;

    /// <summary>Where the next frame should stand.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>The sequence that the next frame should have; in a compacted segment the lowest that it may have.</summary>
    public ulong Expected { get; private set; } = expected;

    /// <summary>Reads the next frame; false at the first bad place.</summary>
    public bool TryNext(out FrameHeader header, out ReadOnlySpan<byte> frame)
    {
        if (!TryFrameAt(Offset, out header, out frame) || !IsExpected(header.Sequence))
        {
            frame = default;
            return false;
        }

        Offset += header.FrameLength;
        Expected = header.Sequence + 1;
        _frames++;
        return true;
    }

    /// <summary>Whether all frames up to a sequence have been read: in a compacted segment, all that its header counts.</summary>
    public bool IsAtEnd(ulong last) => segment.Header.Compacted is { } range ? Offset >= SegmentHeader.Size + range.FrameBytes && _frames >= range.Frames : Expected > last;

    private bool IsExpected(ulong sequence) =>
        segment.Header.Compacted is { } range ? sequence >= Expected && sequence <= range.LastSequence : sequence == Expected;

    /// <summary>Reads the frame at an offset of this segment, if a whole one stands there.</summary>
    public bool TryFrameAt(long offset, out FrameHeader header, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        ReadOnlySpan<byte> bytes = Bytes(offset, FrameHeader.Size);
        if (!FrameHeader.TryRead(bytes, out header) || offset + FrameHeader.Size + header.BodyLength > _length)
        {
            return false;
        }

        bytes = Bytes(offset, (int)Math.Min(header.FrameLength, _length - offset));
        if (bytes.Length < FrameHeader.Size + header.BodyLength || !header.Checks(bytes, segment.Header.Nonce, out _, out _))
        {
            return false;
        }

        frame = bytes;
        return true;
    }

    /// <summary>Whether nothing but zeros stands from an offset to the end of the file.</summary>
    public bool IsZeroFrom(long offset) => NextNonZero(offset) < 0;

    /// <summary>The highest durable mark of any whole frame behind the first bad place; 0 when there is no frame.</summary>
    public ulong HighestMarkBehind(long offset)
    {
        ulong highest = 0;
        for (long at = offset; at >= 0 && at < _length;)
        {
            if (TryFrameAt(at, out FrameHeader header, out _) && header.Sequence >= segment.Header.FirstSequence)
            {
                highest = Math.Max(highest, header.DurableMark);
                at += header.FrameLength;
                continue;
            }

            long next = NextNonZero(at + FrameHeader.Alignment);
            at = next < 0 ? -1 : next & -FrameHeader.Alignment;
        }

        return highest;
    }

    /// <summary>The stored and the computed checksum of what stands at the first bad place, for the error message.</summary>
    public string DescribeBadPlace()
    {
        ReadOnlySpan<byte> bytes = Bytes(Offset, FrameHeader.Size);
        if (!FrameHeader.TryRead(bytes, out FrameHeader header) || Offset + header.FrameLength > _length)
        {
            return "no frame header stands there";
        }

        header.Checks(Bytes(Offset, header.FrameLength), segment.Header.Nonce, out uint expected, out uint actual);
        return $"its CRC-32C is {actual:x8}, expected {expected:x8}, its sequence {header.Sequence}";
    }

    private long NextNonZero(long offset)
    {
        for (long at = offset; at < _length;)
        {
            ReadOnlySpan<byte> bytes = Bytes(at, (int)Math.Min(Window, _length - at));
            int index = bytes.IndexOfAnyExcept((byte)0);
            if (index >= 0)
            {
                return at + index;
            }

            if (bytes.IsEmpty)
            {
                break;
            }

            at += bytes.Length;
        }

        return -1;
    }

    private ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        if (offset < _start || offset + length > _start + _count)
        {
            if (_buffer.Length < length)
            {
                _buffer = new byte[length];
            }

            _start = offset;
            _count = segment.File.Read(_buffer, offset);
        }

        int at = (int)(offset - _start);
        return _buffer.AsSpan(at, Math.Max(0, Math.Min(length, _count - at)));
    }
}
