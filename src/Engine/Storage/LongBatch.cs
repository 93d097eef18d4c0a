namespace Hypervex.Storage;

/// <summary>
/// One atomic batch of any length (docs/formats/log.md, "Long batches"): frames go to the log in pieces, and count only once the last one, which
/// has the commit flag, is written. Disposing it before gives it up: the log is as it was.
/// Invariant: all frames stand in one segment. Thread safety: none; nobody else appends meanwhile.
/// </summary>
internal sealed class LongBatch : IDisposable
{
    private readonly Log _log;
    private readonly int _pieceBytes;
    private readonly LogSegment _segment;
    private readonly long _start;
    private readonly LogGroup _piece = new();
    private readonly ulong _first;
    private long _end;
    private bool _committed;
    private bool _abandoned;

    /// <param name="log">Takes the batch.</param>
    /// <param name="pieceBytes">Greatest piece, unless a single frame is longer.</param>
    public LongBatch(Log log, int pieceBytes)
    {
        _log = log;
        _pieceBytes = pieceBytes;
        _segment = log.BeginLongBatch();
        _start = _end = _segment.End;
        _first = log.LastSequence + 1;
        NextSequence = _first;
    }

    /// <summary>The sequence that the next frame will have.</summary>
    public ulong NextSequence { get; private set; }

    /// <summary>Bytes of all frames.</summary>
    public long Length => _end - _start + _piece.Length;

    /// <summary>Adds a frame and returns its body to be filled in before the next call.</summary>
    public Span<byte> Add(FrameKind kind, int bodyLength, uint schemaVersion)
    {
        if (_piece.Length > 0 && _piece.Length + FrameHeader.LengthOf(bodyLength) > _pieceBytes)
        {
            WritePiece();
        }

        return _piece.Add(new FrameHeader(bodyLength, NextSequence++, 0, schemaVersion, kind, Commit: false), tag: 0); // read from the log again, where there is none
    }

    /// <summary>Takes the space of what is not written yet, so that <see cref="Commit"/> does not fail for lack of it.</summary>
    public void TakeSpace() => _log.TakePiece(_segment, _piece.Length, _end);

    /// <summary>Writes the last frame with the commit flag and makes the batch durable. Without frames there is nothing to do.</summary>
    public void Commit()
    {
        if (Length == 0)
        {
            return;
        }

        _piece.CommitLast();
        KillPoint.Hit(KillPlace.RestoreBeforeCommit);
        WritePiece();
        _committed = true;
        _log.EndLongBatch(_segment, _end, NextSequence - 1);
        KillPoint.Hit(KillPlace.RestoreAfterCommit);
        _log.Sync();
    }

    /// <summary>Hands the frames out in order, read from the log again.</summary>
    public void Replay(FrameVisitor visit)
    {
        var scanner = new SegmentScanner(_segment, _start, _first);
        while (scanner.Offset < _end)
        {
            long offset = scanner.Offset;
            if (!scanner.TryNext(out FrameHeader header, out ReadOnlySpan<byte> frame))
            {
                throw StorageErrors.Damaged(_segment.File.Path, offset, "a frame that was written a moment ago is not whole: the disk is failing.");
            }

            visit(header, frame.Slice(FrameHeader.Size, header.BodyLength), new RecordLocation(_segment.Ordinal, offset));
        }
    }

    /// <summary>Gives the batch up, unless it is written; true when the log is as it was, durably.</summary>
    public bool TryAbandon()
    {
        if (!_committed && !_abandoned)
        {
            _abandoned = true;
            _log.AbandonLongBatch(_segment);
        }

        return _abandoned && _log.Failed is null;
    }

    public void Dispose()
    {
        _piece.Dispose();
        TryAbandon();
    }

    private void WritePiece()
    {
        _log.WritePiece(_segment, _piece, _end);
        _end += _piece.Length;
        _piece.Clear();
        KillPoint.Hit(KillPlace.RestoreInsideBatch);
    }
}
