namespace Hypervex.Storage;

/// <summary>
/// Plans the repair of a partition's log (docs/formats/log.md, "Repairing a log"): keeps every frame that checks, corrects those with one flipped
/// bit, and puts marks or empty compacted segments in the place of the others, so that sequences chain again. Reads only. Thread safety: none.
/// </summary>
internal sealed class LogRepair(IFileSystem files, string partition, ulong collectionId, uint partitionNumber, ulong knownDurable, IReadOnlyCollection<ulong> compacted)
{
    /// <summary>More lost sequences than this at the end of a segment become a segment of their own, without a frame, instead of as many marks.</summary>
    private const int MaxMarksAtEnd = 1024;

    private readonly List<SegmentRepair> _repairs = [];
    private List<FramePiece> _pieces = [];
    private List<LostFrames> _lost = [];
    private List<string> _problems = [];

    /// <summary>The segments that must change, in order; none when the log is whole.</summary>
    public IReadOnlyList<SegmentRepair> Plan()
    {
        var found = new RepairableSegments(files, DatabasePaths.Logs(partition), new SegmentHeader(0, 0, collectionId, partitionNumber, 0), compacted);
        _repairs.AddRange(found.Removals);
        IReadOnlyList<RepairableSegment> segments = found.InForce;
        ulong expected = 1;
        bool needsTail = true;
        for (int i = 0; i < segments.Count; i++)
        {
            RepairableSegment segment = segments[i];
            if (segment.First > expected)
            {
                AddLink(expected, segment.First - 1, [expected == 1 ? "the first segment of the log is missing" : $"the segment that begins with sequence {expected} is missing"], []);
            }

            if (segment.Compacted is { } content)
            {
                if (content.Problems.Count > 0)
                {
                    _repairs.Add(content.Plan(segment.Leftovers));
                }

                expected = segment.Last + 1;
                needsTail = true;
            }
            else
            {
                ulong? upTo = i + 1 < segments.Count ? segments[i + 1].First - 1 : null;
                PlanSegment(segment.Path, segment.First, upTo, mayBeCutShort: !needsTail);
                expected = (upTo ?? segment.First) + 1;
                needsTail = false;
            }
        }

        if (needsTail)
        {
            Begin();
            _problems.Add(expected == 1 ? "the first segment of the log is missing" : $"the segment that begins with sequence {expected}, behind a compacted one, is missing");
            Lose(expected, knownDurable, []);
            AddRepair(DatabasePaths.Log(partition, expected), new SegmentHeader(expected, Log.NewNonce(), collectionId, partitionNumber, expected - 1));
        }

        return _repairs;
    }

    /// <summary>A compacted segment without frames stands for sequences that are lost.</summary>
    private void AddLink(ulong first, ulong last, IReadOnlyList<string> problems, IReadOnlyList<string> ids)
    {
        var header = new SegmentHeader(first, Log.NewNonce(), collectionId, partitionNumber, last, new CompactedRange(last, 0, 0, 1));
        _repairs.Add(new SegmentRepair(DatabasePaths.CompactedLog(partition, first, last), problems, [new LostFrames(first, last, ids)], BytesOf(header), []));
    }

    private void AddRepair(string path, SegmentHeader header) => _repairs.Add(new SegmentRepair(path, _problems, _lost, BytesOf(header), _pieces));

    private static byte[] BytesOf(SegmentHeader header)
    {
        var bytes = new byte[SegmentHeader.Size];
        header.Write(bytes);
        return bytes;
    }

    private void Begin()
    {
        _pieces = [];
        _lost = [];
        _problems = [];
    }

    private void PlanSegment(string path, ulong first, ulong? upTo, bool mayBeCutShort)
    {
        Begin();
        using IFile file = files.Open(path, OpenMode.Read);
        var bytes = new byte[SegmentHeader.Size];
        int read = file.Read(bytes, 0);
        bool readable = DamagedBytes.IsHeader(bytes.AsSpan(0, read), path, first, 0, collectionId, partitionNumber, out SegmentHeader header, out string? problem);
        if (!readable && read == bytes.Length && DamagedBytes.TryCorrectHeader(bytes, path, first, 0, collectionId, partitionNumber, out header))
        {
            readable = true;
            _problems.Add("one flipped bit in the header was corrected");
        }

        if (!readable)
        {
            if (upTo is null && mayBeCutShort && new SegmentScanner(new LogSegment(file, default, 0)).IsZeroFrom(SegmentHeader.Size) && knownDurable < first)
            {
                return; // a creation that was cut short: recovery removes it
            }

            _problems.Add($"the header cannot be read ({problem}), and without it no frame can be checked");
            header = new SegmentHeader(first, Log.NewNonce(), collectionId, partitionNumber, first - 1);
            Lose(first, upTo ?? Math.Max(knownDurable, first - 1), DamagedBytes.ReadableIds(file, SegmentHeader.Size, file.Length));
        }
        else
        {
            PlanFrames(file, header, upTo);
        }

        if (_problems.Count > 0)
        {
            AddRepair(path, header);
        }
    }

    private void PlanFrames(IFile file, SegmentHeader header, ulong? upTo)
    {
        var scanner = new SegmentScanner(new LogSegment(file, header, 0));
        ulong expected = header.FirstSequence;
        long offset = SegmentHeader.Size;
        ulong mark = Math.Max(header.DurableMark, knownDurable);
        while (upTo is null || expected <= upTo)
        {
            if (scanner.TryFrameAt(offset, out FrameHeader frame, out _) && frame.Sequence == expected)
            {
                mark = Math.Max(mark, frame.DurableMark);
                Keep(offset, frame.FrameLength);
                offset += frame.FrameLength;
                expected++;
                continue;
            }

            mark = Math.Max(mark, scanner.HighestMarkBehind(offset));
            if (upTo is null && mark < expected)
            {
                KeepTornTail(file, offset);
                return;
            }

            if (FrameCorrection.TryFind(file, offset, header.Nonce, expected, expected) is { } corrected)
            {
                _problems.Add($"offset {offset}: one flipped bit in the frame of sequence {expected} was corrected");
                _pieces.Add(new FramePiece(0, 0, corrected, 0, 0));
                offset += corrected.Length;
                expected++;
                continue;
            }

            ulong last = upTo ?? mark;
            long next = DamagedBytes.NextFrame(scanner, file.Length, offset + FrameHeader.Alignment, expected, last, out ulong sequence);
            ulong lostUpTo = next < 0 ? last : sequence - 1;
            _problems.Add(next < 0 && offset >= file.Length
                ? $"offset {offset}: the file ends before sequence {expected}"
                : $"offset {offset}: the frame of sequence {expected} is damaged");
            List<string> ids = DamagedBytes.ReadableIds(file, offset, next < 0 ? file.Length : next);
            if (next < 0 && upTo is not null && expected > header.FirstSequence && lostUpTo - expected >= MaxMarksAtEnd)
            {
                AddLink(expected, lostUpTo, [], ids);
                return;
            }

            Lose(expected, lostUpTo, ids);
            expected = lostUpTo + 1;
            if (next < 0)
            {
                return;
            }

            offset = next;
        }
    }

    // What stands above the durable mark is for recovery to judge: it goes along as it is.
    private void KeepTornTail(IFile file, long offset)
    {
        if (file.Length > offset)
        {
            Keep(offset, file.Length - offset);
        }
    }

    private void Keep(long offset, long length)
    {
        if (_pieces.Count > 0 && _pieces[^1] is { Frame: null, FirstMark: 0 } run && run.Offset + run.Length == offset)
        {
            _pieces[^1] = run with { Length = run.Length + length };
        }
        else
        {
            _pieces.Add(new FramePiece(offset, length, null, 0, 0));
        }
    }

    private void Lose(ulong first, ulong last, IReadOnlyList<string> ids)
    {
        if (last >= first)
        {
            _lost.Add(new LostFrames(first, last, ids));
            _pieces.Add(new FramePiece(0, 0, null, first, last));
        }
    }
}
