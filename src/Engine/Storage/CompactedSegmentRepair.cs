namespace Hypervex.Storage;

/// <summary>
/// Reads a compacted segment and plans its repair (docs/formats/log.md, "Repairing a log"): every frame that checks stays, and the header counts what is left.
/// Reads only. Thread safety: none.
/// </summary>
internal sealed class CompactedSegmentRepair
{
    private readonly List<string> _problems = [];
    private readonly List<LostFrames> _lost = [];
    private readonly List<FramePiece> _pieces = [];
    private readonly SegmentHeader _owner;
    private long _frames;
    private long _bytes;

    /// <summary>Reads the file.</summary>
    /// <param name="files">Where the log is.</param>
    /// <param name="path">The segment's file.</param>
    /// <param name="owner">What the header must say: first sequence, collection, partition.</param>
    /// <param name="last">The end of the range, of the file's name.</param>
    /// <param name="named">Nonces of the compacted segments that the manifest names: one of them may be that of a lost header.</param>
    public CompactedSegmentRepair(IFileSystem files, string path, SegmentHeader owner, ulong last, IReadOnlyCollection<ulong> named)
    {
        Path = path;
        _owner = owner with { DurableMark = last, Compacted = new CompactedRange(last, 0, 0, 0) };
        using IFile file = files.Open(path, OpenMode.Read);
        var bytes = new byte[SegmentHeader.Size];
        int read = file.Read(bytes, 0);
        if (DamagedBytes.IsHeader(bytes.AsSpan(0, read), path, First, Last, owner.CollectionId, owner.Partition, out SegmentHeader header, out string? problem))
        {
            Header = header;
        }
        else if (read == bytes.Length && DamagedBytes.TryCorrectHeader(bytes, path, First, Last, owner.CollectionId, owner.Partition, out header))
        {
            HeaderProblem = "one flipped bit in the header was corrected";
            Header = header;
        }
        else
        {
            HeaderProblem = $"the header cannot be read ({problem})";
        }

        if (HeaderProblem is not null)
        {
            _problems.Add(HeaderProblem);
        }

        ReadFrames(file, named);
    }

    public string Path { get; }

    public ulong First => _owner.FirstSequence;

    public ulong Last => _owner.Compacted!.LastSequence;

    /// <summary>The header, corrected if need be; null when it cannot be read.</summary>
    public SegmentHeader? Header { get; }

    /// <summary>What is wrong with the header as it stands; null when it checks.</summary>
    public string? HeaderProblem { get; }

    /// <summary>What does not check; empty when the segment is whole.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The segment that takes this one's place.</summary>
    /// <param name="leftovers">Segments inside of its range that are still there: fewer than its header must count, or it would pass for a leftover itself.</param>
    public SegmentRepair Plan(int leftovers)
    {
        SegmentHeader old = Header ?? _owner;
        uint inputs = Math.Max(old.Compacted!.Inputs, (uint)leftovers + 1);
        SegmentHeader header = old with
        {
            Nonce = _lost.Count == 0 ? ReadNonce : Log.NewNonce(), // what named places in the old file must not find the new one
            Compacted = new CompactedRange(Last, _frames, _bytes, inputs, _lost.Count == 0 ? old.Compacted.Forgotten : 0), // what is lost may be deletions
        };
        var bytes = new byte[SegmentHeader.Size];
        header.Write(bytes);
        return new SegmentRepair(Path, _problems, _lost, bytes, _pieces, ReadNonce);
    }

    private ulong ReadNonce { get; set; }

    private void ReadFrames(IFile file, IReadOnlyCollection<ulong> named)
    {
        CompactedRange? range = Header?.Compacted;
        if (Header is { } header)
        {
            ReadNonce = header.Nonce;
        }
        else if (FindNonce(file, named) is { } nonce)
        {
            ReadNonce = nonce;
            _problems[0] += "; its frames check with a nonce that the manifest names";
        }
        else
        {
            _problems[0] += ", and without it no frame can be checked";
            Lose(First, Last, DamagedBytes.ReadableIds(file, SegmentHeader.Size, file.Length));
            return;
        }

        ulong expected = Walk(file, Math.Min(file.Length, SegmentHeader.Size + (range?.FrameBytes ?? file.Length)));
        if (range is null)
        {
            return;
        }

        if (file.Length != SegmentHeader.Size + range.FrameBytes)
        {
            _problems.Add($"the file is {file.Length} bytes long, expected {SegmentHeader.Size + range.FrameBytes}");
        }

        if (_frames < range.Frames)
        {
            if (_lost.Count == 0 || file.Length < SegmentHeader.Size + range.FrameBytes)
            {
                Lose(expected, Last, []);
            }

            _problems.Add($"{range.Frames - _frames} of {range.Frames} frames are lost");
        }
    }

    /// <summary>Sorts the bytes up to a place into frames that stay and ranges that are lost; returns the lowest sequence that could come behind them.</summary>
    private ulong Walk(IFile file, long end)
    {
        var scanner = new SegmentScanner(new LogSegment(file, _owner with { Nonce = ReadNonce }, 0));
        ulong expected = First;
        for (long offset = SegmentHeader.Size; offset < end;)
        {
            if (scanner.TryFrameAt(offset, out FrameHeader frame, out _) && frame.Sequence >= expected && frame.Sequence <= Last && offset + frame.FrameLength <= end)
            {
                Keep(new FramePiece(offset, frame.FrameLength, null, 0, 0), frame.FrameLength);
                offset += frame.FrameLength;
                expected = frame.Sequence + 1;
            }
            else if (FrameCorrection.TryFind(file, offset, ReadNonce, expected, Last) is { } corrected && offset + corrected.Length <= end)
            {
                FrameHeader.TryRead(corrected, out frame);
                _problems.Add($"offset {offset}: one flipped bit in the frame of sequence {frame.Sequence} was corrected");
                Keep(new FramePiece(0, 0, corrected, 0, 0), corrected.Length);
                offset += corrected.Length;
                expected = frame.Sequence + 1;
            }
            else
            {
                long next = DamagedBytes.NextFrame(scanner, end, offset + FrameHeader.Alignment, expected, Last, out ulong sequence);
                ulong lostUpTo = next < 0 ? Last : sequence - 1;
                _problems.Add($"offset {offset}: what stands there up to {(next < 0 ? end : next)} is damaged");
                Lose(expected, lostUpTo, DamagedBytes.ReadableIds(file, offset, next < 0 ? end : next));
                expected = lostUpTo + 1;
                offset = next < 0 ? end : next;
            }
        }

        return expected;
    }

    private ulong? FindNonce(IFile file, IReadOnlyCollection<ulong> named)
    {
        foreach (ulong nonce in named)
        {
            var scanner = new SegmentScanner(new LogSegment(file, _owner with { Nonce = nonce }, 0));
            if (DamagedBytes.NextFrame(scanner, file.Length, SegmentHeader.Size, First - 1, Last, out _) >= 0)
            {
                return nonce;
            }
        }

        return null;
    }

    private void Keep(FramePiece piece, long length)
    {
        _frames++;
        _bytes += length;
        if (piece.Frame is null && _pieces.Count > 0 && _pieces[^1] is { Frame: null } run && run.Offset + run.Length == piece.Offset)
        {
            _pieces[^1] = run with { Length = run.Length + length };
        }
        else
        {
            _pieces.Add(piece);
        }
    }

    private void Lose(ulong first, ulong last, IReadOnlyList<string> ids)
    {
        if (last >= first)
        {
            _lost.Add(new LostFrames(first, last, ids));
        }
    }
}
