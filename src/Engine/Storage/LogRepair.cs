namespace Hypervex.Storage;

/// <summary>A range of sequences whose frames cannot be read, and the ids that can still be made out in what stands there (unchecked).</summary>
internal sealed record LostFrames(ulong First, ulong Last, IReadOnlyList<string> Ids);

/// <summary>A segment whose content changes: what was wrong with it, what is lost, and what it will hold.</summary>
internal sealed record SegmentRepair(string Path, IReadOnlyList<string> Problems, IReadOnlyList<LostFrames> Lost, byte[] Header, IReadOnlyList<FramePiece> Pieces);

/// <summary>A part of a repaired segment: a run of bytes of the old file, one frame that was corrected, or marks in the place of lost frames.</summary>
internal readonly record struct FramePiece(long Offset, long Length, byte[]? Frame, ulong FirstMark, ulong LastMark);

/// <summary>
/// Plans the repair of a partition's log (docs/formats/log.md, "Repairing a log"): keeps every frame that checks, corrects those with one flipped
/// bit, and puts marks in the place of the others, so that sequences chain again. Reads only. Thread safety: none.
/// </summary>
internal sealed class LogRepair(IFileSystem files, string partition, ulong collectionId, uint partitionNumber, ulong knownDurable)
{
    private readonly List<SegmentRepair> _repairs = [];
    private List<FramePiece> _pieces = [];
    private List<LostFrames> _lost = [];
    private List<string> _problems = [];

    /// <summary>The segments that must change, in order; none when the log is whole.</summary>
    public IReadOnlyList<SegmentRepair> Plan()
    {
        var found = new SortedDictionary<ulong, string>();
        string directory = DatabasePaths.Logs(partition);
        foreach (string name in files.DirectoryExists(directory) ? files.ListFiles(directory) : [])
        {
            if (DatabasePaths.TryParseLog(name, out ulong first))
            {
                found[first] = Path.Combine(directory, name);
            }
        }

        if (found.Count == 0 || found.Keys.First() != 1)
        {
            ulong last = found.Count == 0 ? knownDurable : found.Keys.First() - 1;
            Begin();
            _problems.Add("the first segment of the log is missing");
            Lose(1, last, []);
            _repairs.Add(new SegmentRepair(DatabasePaths.Log(partition, 1), _problems, _lost, HeaderOf(new SegmentHeader(1, Log.NewNonce(), collectionId, partitionNumber, 0)), _pieces));
        }

        ulong[] firsts = [.. found.Keys];
        for (int i = 0; i < firsts.Length; i++)
        {
            PlanSegment(found[firsts[i]], firsts[i], i + 1 < firsts.Length ? firsts[i + 1] - 1 : null);
        }

        return _repairs;
    }

    private void Begin()
    {
        _pieces = [];
        _lost = [];
        _problems = [];
    }

    private void PlanSegment(string path, ulong first, ulong? upTo)
    {
        Begin();
        using IFile file = files.Open(path, OpenMode.Read);
        var bytes = new byte[SegmentHeader.Size];
        int read = file.Read(bytes, 0);
        bool readable = IsHeader(bytes.AsSpan(0, read), path, first, out SegmentHeader header, out string? problem);
        if (!readable && read == bytes.Length && TryCorrectHeader(bytes, path, first, out header))
        {
            readable = true;
            _problems.Add("one flipped bit in the header was corrected");
        }

        if (!readable)
        {
            if (upTo is null && first > 1 && new SegmentScanner(new LogSegment(file, default, 0)).IsZeroFrom(SegmentHeader.Size) && knownDurable < first)
            {
                return; // a creation that was cut short: recovery removes it
            }

            _problems.Add($"the header cannot be read ({problem}), and without it no frame can be checked");
            header = new SegmentHeader(first, Log.NewNonce(), collectionId, partitionNumber, first - 1);
            Lose(first, upTo ?? Math.Max(knownDurable, first - 1), ReadableIds(file, SegmentHeader.Size, file.Length));
        }
        else
        {
            PlanFrames(file, header, upTo);
        }

        if (_problems.Count > 0)
        {
            _repairs.Add(new SegmentRepair(path, _problems, _lost, HeaderOf(header), _pieces));
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

            if (FrameCorrection.TryFind(file, offset, header.Nonce, expected) is { } corrected)
            {
                _problems.Add($"offset {offset}: one flipped bit in the frame of sequence {expected} was corrected");
                _pieces.Add(new FramePiece(0, 0, corrected, 0, 0));
                offset += corrected.Length;
                expected++;
                continue;
            }

            ulong last = upTo ?? mark;
            long next = NextFrame(scanner, file.Length, offset, expected, last, out ulong sequence);
            ulong lostUpTo = next < 0 ? last : sequence - 1;
            _problems.Add(next < 0 && offset >= file.Length
                ? $"offset {offset}: the file ends before sequence {expected}"
                : $"offset {offset}: the frame of sequence {expected} is damaged");
            Lose(expected, lostUpTo, ReadableIds(file, offset, next < 0 ? file.Length : next));
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

    private static long NextFrame(SegmentScanner scanner, long length, long offset, ulong expected, ulong last, out ulong sequence)
    {
        for (long at = offset + FrameHeader.Alignment; at + FrameHeader.Size <= length; at += FrameHeader.Alignment)
        {
            if (scanner.TryFrameAt(at, out FrameHeader frame, out _) && frame.Sequence > expected && frame.Sequence <= last)
            {
                sequence = frame.Sequence;
                return at;
            }
        }

        sequence = 0;
        return -1;
    }

    private bool IsHeader(ReadOnlySpan<byte> bytes, string path, ulong first, out SegmentHeader header, out string? problem)
    {
        if (!SegmentHeader.TryRead(bytes, path, out header, out problem))
        {
            return false;
        }

        problem = "it belongs elsewhere";
        return header.FirstSequence == first && header.CollectionId == collectionId && header.Partition == partitionNumber;
    }

    private bool TryCorrectHeader(byte[] bytes, string path, ulong first, out SegmentHeader header)
    {
        for (int bit = 0; bit < SegmentHeader.Size * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (IsHeader(bytes, path, first, out header, out _))
            {
                return true;
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        header = default;
        return false;
    }

    /// <summary>Ids of what look like records or deletions between two places; nothing of it is checked.</summary>
    private static List<string> ReadableIds(IFile file, long from, long to)
    {
        const int MaxBytes = 64 << 20;
        var ids = new List<string>();
        var bytes = new byte[Math.Clamp(to - from, 0, MaxBytes)];
        int read = file.Read(bytes, from);
        for (int at = 0; at + FrameHeader.Size <= read; at += FrameHeader.Alignment)
        {
            if (!FrameHeader.TryRead(bytes.AsSpan(at), out FrameHeader frame) || frame.BodyLength == 0 || at + FrameHeader.Size + (long)frame.BodyLength > read)
            {
                continue;
            }

            ReadOnlySpan<byte> body = bytes.AsSpan(at + FrameHeader.Size, frame.BodyLength);
            ReadOnlySpan<byte> id = frame.Kind switch
            {
                FrameKind.Put when RecordBody.TryRead(body, out RecordBody record) => record.Id,
                FrameKind.Delete when TombstoneBody.TryRead(body, out TombstoneBody tombstone) => tombstone.Id,
                _ => [],
            };
            if (!id.IsEmpty)
            {
                ids.Add(System.Text.Encoding.UTF8.GetString(id));
                at += frame.FrameLength - FrameHeader.Alignment;
            }
        }

        return ids;
    }

    private static byte[] HeaderOf(SegmentHeader header)
    {
        var bytes = new byte[SegmentHeader.Size];
        header.Write(bytes);
        return bytes;
    }
}
