namespace Hypervex.Storage;

/// <summary>
/// Walks the frames of a log in order of sequence, some at a time. Between two times it holds a sequence and a place and nothing that costs: the segment of that place may be replaced meanwhile, which
/// the next time finds out.
/// Invariant: every frame below <see cref="Next"/> that was in force when its turn came has been read.
/// Thread safety: one caller at a time, who keeps the segments of the chain that he gives from being retired until the frames are read.
/// </summary>
internal sealed class LogWalker(ulong next)
{
    private LogSegment? _segment;
    private int _at; // where the segment stood in the chain
    private long _offset;

    /// <summary>The lowest sequence that has not been read.</summary>
    public ulong Next { get; private set; } = next;

    /// <summary>Reads the next frame up to a sequence; false when there is none.</summary>
    /// <param name="chain">The segments in force, taken after <paramref name="last"/> was known to be in the log.</param>
    /// <param name="last">The last sequence that may be read: it and those before are whole.</param>
    /// <param name="buffer">Holds the frame until its next use.</param>
    /// <param name="header">The frame's header.</param>
    /// <param name="frame">The whole frame.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Damaged"/>.</exception>
    public bool TryNext(LogSegment[] chain, ulong last, FrameBuffer buffer, out FrameHeader header, out ReadOnlySpan<byte> frame)
    {
        while (Next <= last)
        {
            if (!IsInForce(chain))
            {
                _at = Math.Max(0, Array.FindLastIndex(chain, segment => segment.Header.FirstSequence <= Next));
                _offset = PlaceOf(chain[_at]);
                _segment = chain[_at];
            }

            if (IsAtEnd(chain))
            {
                _at++;
                Next = chain[_at].Header.FirstSequence;
                (_segment, _offset) = (chain[_at], SegmentHeader.Size);
                continue;
            }

            frame = _segment!.Read(_offset, buffer, out header);
            bool isExpected = _segment.Header.Compacted is { } range ? header.Sequence >= Next && header.Sequence <= range.LastSequence : header.Sequence == Next;
            if (!isExpected)
            {
                throw StorageErrors.Damaged(_segment.File.Path, _offset, $"the frame has the sequence {header.Sequence}, expected {Next}. Run `hypervex verify`.");
            }

            _offset += header.FrameLength;
            Next = header.Sequence + 1;
            return true;
        }

        header = default;
        frame = default;
        return false;
    }

    // A compacted segment is never the last one, and what is last has no end yet.
    private bool IsAtEnd(LogSegment[] chain) => _segment!.Header.Compacted is not null
        ? _offset >= _segment.End
        : _at + 1 < chain.Length && Next >= chain[_at + 1].Header.FirstSequence;

    private bool IsInForce(LogSegment[] chain)
    {
        if (_segment is not null && (_at >= chain.Length || chain[_at] != _segment))
        {
            _at = Array.IndexOf(chain, _segment); // others have been replaced by fewer
        }

        return _segment is not null && _at >= 0;
    }

    /// <summary>Where the first frame from <see cref="Next"/> on stands in a segment, or would stand.</summary>
    private long PlaceOf(LogSegment segment)
    {
        var scanner = new SegmentScanner(segment);
        while (scanner.Expected < Next && !(segment.Header.Compacted is not null && scanner.Offset >= segment.End))
        {
            long offset = scanner.Offset;
            if (!scanner.TryNext(out FrameHeader header, out _))
            {
                throw StorageErrors.Damaged(segment.File.Path, offset, $"the frame of sequence {scanner.Expected} is damaged ({scanner.DescribeBadPlace()}). Run `hypervex verify`.");
            }

            if (header.Sequence >= Next)
            {
                return offset;
            }
        }

        return scanner.Offset;
    }
}
