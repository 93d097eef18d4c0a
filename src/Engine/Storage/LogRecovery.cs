namespace Hypervex.Storage;

/// <summary>Receives the log's whole operations in order of sequence.</summary>
internal delegate void FrameVisitor(FrameHeader header, ReadOnlySpan<byte> body, RecordLocation location);

/// <summary>
/// Opens a partition's log: proves that its segments chain, tells a torn tail from damage, makes durable again what stands
/// above the durable mark, and hands every whole operation to the visitor (docs/formats/log.md, "Reading a log").
/// </summary>
internal sealed class LogRecovery
{
    private readonly IFileSystem _files;
    private readonly string _partition;
    private readonly ulong _collectionId;
    private readonly uint _partitionNumber;
    private readonly ulong _knownDurable;
    private readonly IReadOnlyCollection<ulong> _compacted;
    private readonly List<LogSegment> _segments = [];
    private ulong _last;

    private LogRecovery(IFileSystem files, string partition, ulong collectionId, uint partitionNumber, ulong knownDurable, IReadOnlyCollection<ulong> compacted)
    {
        _knownDurable = knownDurable;
        _compacted = compacted;
        _files = files;
        _partition = partition;
        _collectionId = collectionId;
        _partitionNumber = partitionNumber;
    }

    /// <summary>Bytes behind the last whole batch that were cut off.</summary>
    public long TornBytes { get; private set; }

    /// <summary>Frames above the durable mark that were written and synced again.</summary>
    public long Rewritten { get; private set; }

    /// <summary>Frames handed to the visitor.</summary>
    public long Replayed { get; private set; }

    /// <summary>Opens the log in a partition's directory; <see cref="Replay"/> follows. On an error no file is left open.</summary>
    /// <param name="files">Where the log is.</param>
    /// <param name="partition">The partition's directory.</param>
    /// <param name="collectionId">The collection that the segments must belong to.</param>
    /// <param name="partitionNumber">The partition that they must belong to.</param>
    /// <param name="knownDurable">The sequence that a checkpoint knows to be durable; 0 without one.</param>
    /// <param name="compacted">Nonces of the compacted segments that the manifest names.</param>
    /// <param name="segmentBytes">Size at which a segment is followed by the next.</param>
    /// <param name="recovery">What was found.</param>
    public static Log Open(IFileSystem files, string partition, ulong collectionId, uint partitionNumber, ulong knownDurable, IReadOnlyCollection<ulong> compacted, long segmentBytes, out LogRecovery recovery)
    {
        recovery = new LogRecovery(files, partition, collectionId, partitionNumber, knownDurable, compacted);
        try
        {
            return recovery.Run(segmentBytes);
        }
        catch
        {
            recovery._segments.ForEach(segment => segment.Dispose());
            throw;
        }
    }

    /// <summary>Hands every whole operation to the visitor, in order of sequence.</summary>
    public void Replay(FrameVisitor visit)
    {
        foreach (LogSegment segment in _segments)
        {
            Visit(segment, new SegmentScanner(segment), visit);
        }
    }

    /// <summary>
    /// Hands the operations behind a checkpoint to the visitor. False, and nothing visited, when the log does not hold the
    /// checkpoint's position.
    /// </summary>
    public bool ReplayFrom(ulong sequence, ulong nonceOfSegment, long offset, FrameVisitor visit)
    {
        int start = _segments.FindLastIndex(segment => segment.Header.FirstSequence <= sequence + 1);
        if (start < 0 || sequence > _last)
        {
            return false;
        }

        SegmentHeader header = _segments[start].Header;
        if (header.FirstSequence == sequence + 1)
        {
            offset = SegmentHeader.Size;
        }
        else if (header.Nonce != nonceOfSegment || header.Compacted is not null || offset < SegmentHeader.Size || offset > _segments[start].File.Length)
        {
            return false;
        }

        for (int i = 0; i < start; i++)
        {
            _segments[i].End = _segments[i].File.Length;
        }

        Visit(_segments[start], new SegmentScanner(_segments[start], offset, sequence + 1), visit);
        foreach (LogSegment segment in _segments.Skip(start + 1))
        {
            Visit(segment, new SegmentScanner(segment), visit);
        }

        return true;
    }

    private Log Run(long segmentBytes)
    {
        OpenSegments();
        if (_segments.Count == 0)
        {
            string directory = DatabasePaths.Logs(_partition);
            if (_files.DirectoryExists(directory))
            {
                throw StorageErrors.Damaged(directory, 0, "the log has no segments, but every collection that was created has one. Restore it from a backup.");
            }

            return Log.Create(_files, _partition, _collectionId, _partitionNumber, segmentBytes);
        }

        _last = Settle();
        return new Log(_files, _partition, [.. _segments], _last, segmentBytes);
    }

    private void OpenSegments()
    {
        string directory = DatabasePaths.Logs(_partition);
        if (!_files.DirectoryExists(directory))
        {
            return;
        }

        IReadOnlyList<SegmentFile> found = SegmentFiles.InForce(_files, directory, _compacted);
        foreach (SegmentFile file in found)
        {
            OpenSegment(file.Path, file.First, file.Last, isNewest: file == found[^1]);
        }

        if (_segments.Count > 0 && _segments[0].Header.FirstSequence != 1)
        {
            throw StorageErrors.Damaged(_segments[0].File.Path, 0, $"the log begins at sequence {_segments[0].Header.FirstSequence}, expected 1: an earlier segment is missing.");
        }

        for (int i = 0; i < _segments.Count; i++)
        {
            if (_segments[i].Header.Compacted is { } range && (i + 1 == _segments.Count || _segments[i + 1].Header.FirstSequence != range.LastSequence + 1))
            {
                throw StorageErrors.Damaged(_segments[i].File.Path, 0, $"no segment begins with sequence {range.LastSequence + 1}, behind this compacted one: a later segment is missing.");
            }
        }
    }

    private void OpenSegment(string path, ulong first, ulong lastOfCompacted, bool isNewest)
    {
        IFile file = _files.Open(path, OpenMode.ReadWrite);
        try
        {
            Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
            int read = file.Read(bytes, 0);
            if (!SegmentHeader.TryRead(bytes[..read], path, out SegmentHeader header, out string? problem))
            {
                // A segment whose creation was cut short holds nothing behind its header: frames come only after its fsync.
                // The first one is durable before its collection is.
                var scanner = new SegmentScanner(new LogSegment(file, default, 0));
                if (!isNewest || first == 1 || !scanner.IsZeroFrom(SegmentHeader.Size))
                {
                    throw StorageErrors.Damaged(path, 0, problem!);
                }

                TornBytes += file.Length;
                file.Dispose();
                _files.DeleteFile(path);
                return;
            }

            if (header.FirstSequence != first || (header.Compacted?.LastSequence ?? 0) != lastOfCompacted || header.CollectionId != _collectionId || header.Partition != _partitionNumber)
            {
                throw StorageErrors.Damaged(
                    path,
                    0,
                    $"the header names sequence {header.FirstSequence} of collection {DatabasePaths.Hex(header.CollectionId)}/{header.Partition}, expected {first} of {DatabasePaths.Hex(_collectionId)}/{_partitionNumber}: the file belongs elsewhere.");
            }

            if (header.Compacted is { } range && file.Length != SegmentHeader.Size + range.FrameBytes)
            {
                throw StorageErrors.Damaged(path, file.Length, $"the compacted segment is {file.Length} bytes long, expected {SegmentHeader.Size + range.FrameBytes}.");
            }

            _segments.Add(new LogSegment(file, header, _segments.Count));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Finds where the log ends and makes it end there, durably. Returns the last sequence.</summary>
    private ulong Settle()
    {
        LogSegment tail = _segments[^1];
        ulong mark = Math.Max(_segments.Max(segment => segment.Header.DurableMark), _knownDurable);
        var scanner = new SegmentScanner(tail);
        long end = SegmentHeader.Size;
        ulong last = tail.Header.FirstSequence - 1;
        long durableEnd = end;
        bool onlyMarksAbove = true;
        var whole = new List<(ulong Sequence, long End, bool IsMark)>();
        while (scanner.TryNext(out FrameHeader header, out _))
        {
            mark = Math.Max(mark, header.DurableMark);
            whole.Add((header.Sequence, scanner.Offset, header.Kind == FrameKind.Mark));
            if (header.Commit)
            {
                end = scanner.Offset;
                last = header.Sequence;
            }
        }

        mark = Math.Max(mark, scanner.HighestMarkBehind(scanner.Offset));
        if (mark > last)
        {
            throw StorageErrors.Damaged(
                tail.File.Path,
                scanner.Offset,
                $"the frame of sequence {scanner.Expected} is damaged ({scanner.DescribeBadPlace()}); it was durable, since a later frame or a checkpoint says that everything up to {mark} was. Run `hypervex verify`.");
        }

        foreach ((ulong sequence, long frameEnd, bool isMark) in whole)
        {
            if (sequence <= mark)
            {
                durableEnd = frameEnd;
            }
            else if (sequence <= last)
            {
                onlyMarksAbove &= isMark;
            }
        }

        bool torn = !scanner.IsZeroFrom(end);
        if (torn)
        {
            TornBytes += tail.File.Length - end;
        }

        if (last > mark && (torn || !onlyMarksAbove))
        {
            MoveAboveMark(tail, mark, last, durableEnd, end);
        }
        else
        {
            if (torn)
            {
                Cut(tail, end);
            }

            tail.End = end;
        }

        return last;
    }

    /// <summary>
    /// Writes the frames in (mark, last] into a new segment and syncs it before anything is served: after a failed fsync the page
    /// cache shows frames that the disk never got.
    /// </summary>
    private void MoveAboveMark(LogSegment tail, ulong mark, ulong last, long from, long to)
    {
        var header = new SegmentHeader(mark + 1, Log.NewNonce(), _collectionId, _partitionNumber, last);
        string path = DatabasePaths.Log(_partition, header.FirstSequence);
        string temporary = path + DatabasePaths.TemporarySuffix;
        using (IFile file = _files.Open(temporary, OpenMode.CreateNew))
        {
            Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
            header.Write(bytes);
            file.Write(bytes, 0);
            long at = SegmentHeader.Size;
            var scanner = new SegmentScanner(tail);
            for (long offset = from; offset < to;)
            {
                if (!scanner.TryFrameAt(offset, out FrameHeader frame, out ReadOnlySpan<byte> frameBytes))
                {
                    throw StorageErrors.Damaged(tail.File.Path, offset, "a frame that was whole a moment ago no longer is: the disk is failing.");
                }

                byte[] copy = frameBytes.ToArray();
                frame.Seal(copy, header.Nonce);
                file.Write(copy, at);
                at += copy.Length;
                offset += frame.FrameLength;
                Rewritten++;
            }

            file.Sync();
        }

        bool replacesTail = header.FirstSequence == tail.Header.FirstSequence;
        KillPoint.Hit(KillPlace.RecoveryBeforeRename);
        _files.Rename(temporary, path);
        _files.SyncDirectory(DatabasePaths.Logs(_partition));
        KillPoint.Hit(KillPlace.RecoveryAfterRename);
        if (replacesTail)
        {
            tail.Dispose();
            _segments.RemoveAt(_segments.Count - 1);
        }
        else
        {
            Cut(tail, from);
            KillPoint.Hit(KillPlace.RecoveryAfterCut);
            tail.End = from;
        }

        var segment = new LogSegment(_files.Open(path, OpenMode.ReadWrite), header, _segments.Count);
        segment.End = segment.File.Length;
        _segments.Add(segment);
    }

    private static void Cut(LogSegment segment, long end)
    {
        segment.File.SetLength(end);
        segment.File.Sync();
        segment.Allocated = end;
    }

    private void Visit(LogSegment segment, SegmentScanner scanner, FrameVisitor visit)
    {
        bool isTail = segment.Ordinal == _segments.Count - 1;
        ulong end = isTail ? _last : _segments[segment.Ordinal + 1].Header.FirstSequence - 1;
        while (!scanner.IsAtEnd(end))
        {
            long offset = scanner.Offset;
            if (!scanner.TryNext(out FrameHeader header, out ReadOnlySpan<byte> frame))
            {
                throw StorageErrors.Damaged(
                    segment.File.Path,
                    scanner.Offset,
                    $"the frame of sequence {scanner.Expected} is damaged ({scanner.DescribeBadPlace()}); the log goes on behind it up to {_last}. Run `hypervex verify`.");
            }

            visit(header, frame.Slice(FrameHeader.Size, header.BodyLength), new RecordLocation(segment.Ordinal, offset));
            Replayed++;
        }

        segment.End = scanner.Offset;
    }
}
