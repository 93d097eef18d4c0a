namespace Hypervex.Storage;

/// <summary>
/// Carries out what <see cref="LogRepair"/> has planned: keeps a copy of the old file in quarantine, then replaces it: at every moment either the old
/// or the new one stands under the name. Thread safety: none.
/// </summary>
internal static class SegmentRewriter
{
    private const int CopyBytes = 1 << 20;

    public static void Apply(IFileSystem files, SegmentRepair repair, string quarantine)
    {
        bool exists = files.FileExists(repair.Path);
        if (exists)
        {
            Copy(files, repair.Path, quarantine);
        }

        if (repair.Header is null)
        {
            files.DeleteFile(repair.Path);
            files.SyncDirectory(Path.GetDirectoryName(repair.Path)!);
            return;
        }

        files.CreateDirectory(Path.GetDirectoryName(repair.Path)!);
        string temporary = repair.Path + DatabasePaths.TemporarySuffix;
        files.DeleteFile(temporary);
        using (IFile target = files.Open(temporary, OpenMode.CreateNew))
        using (IFile? source = exists ? files.Open(repair.Path, OpenMode.Read) : null)
        {
            Write(source, target, repair);
            target.Sync();
        }

        files.Rename(temporary, repair.Path);
        files.SyncDirectory(Path.GetDirectoryName(repair.Path)!);
    }

    /// <summary>Copies a file durably; its directory is made when it is not there.</summary>
    public static void Copy(IFileSystem files, string path, string copy)
    {
        string directory = Path.GetDirectoryName(copy)!;
        files.CreateDirectory(directory);
        files.DeleteFile(copy);
        using (IFile source = files.Open(path, OpenMode.Read))
        using (IFile target = files.Open(copy, OpenMode.CreateNew))
        {
            CopyRange(source, 0, source.Length, target, 0);
            target.Sync();
        }

        files.SyncDirectory(directory);
    }

    private static void Write(IFile? source, IFile target, SegmentRepair repair)
    {
        if (!SegmentHeader.TryRead(repair.Header, repair.Path, out SegmentHeader header, out string? problem))
        {
            throw new InvalidOperationException(problem);
        }

        target.Write(repair.Header, 0);
        long at = SegmentHeader.Size;
        foreach (FramePiece piece in repair.Pieces)
        {
            if (piece.Frame is { } frame)
            {
                if (header.Compacted is not null)
                {
                    SealAnew(frame, header.Nonce);
                }

                target.Write(frame, at);
                at += frame.Length;
            }
            else if (piece.FirstMark > 0)
            {
                at = WriteMarks(target, at, header, piece);
            }
            else if (header.Compacted is not null)
            {
                CopySealed(source!, piece, target, at, header, repair.Nonce);
                at += piece.Length;
            }
            else
            {
                CopyRange(source!, piece.Offset, piece.Length, target, at);
                at += piece.Length;
            }
        }
    }

    private static void CopySealed(IFile source, FramePiece piece, IFile target, long at, SegmentHeader header, ulong nonce)
    {
        var scanner = new SegmentScanner(new LogSegment(source, header with { Nonce = nonce }, 0));
        for (long offset = piece.Offset; offset < piece.Offset + piece.Length;)
        {
            if (!scanner.TryFrameAt(offset, out FrameHeader frame, out ReadOnlySpan<byte> bytes))
            {
                throw StorageErrors.Damaged(source.Path, offset, "a frame that was whole a moment ago no longer is: the disk is failing.");
            }

            byte[] copy = bytes.ToArray();
            SealAnew(copy, header.Nonce);
            target.Write(copy, at);
            at += copy.Length;
            offset += frame.FrameLength;
        }
    }

    private static void SealAnew(byte[] frame, ulong nonce)
    {
        FrameHeader.TryRead(frame, out FrameHeader header);
        header.Seal(frame, nonce);
    }

    private static long WriteMarks(IFile target, long at, SegmentHeader header, FramePiece piece)
    {
        const int AtOnce = 1024;
        var bytes = new byte[AtOnce * FrameHeader.Size];
        for (ulong sequence = piece.FirstMark; sequence <= piece.LastMark;)
        {
            int count = (int)Math.Min(AtOnce, piece.LastMark - sequence + 1);
            for (int i = 0; i < count; i++, sequence++)
            {
                new FrameHeader(0, sequence, header.DurableMark, 0, FrameKind.Mark, Commit: true).Seal(bytes.AsSpan(i * FrameHeader.Size, FrameHeader.Size), header.Nonce);
            }

            target.Write(bytes.AsSpan(0, count * FrameHeader.Size), at);
            at += count * FrameHeader.Size;
        }

        return at;
    }

    private static void CopyRange(IFile source, long from, long length, IFile target, long to)
    {
        var buffer = new byte[Math.Clamp(length, 1, CopyBytes)];
        while (length > 0)
        {
            int read = source.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length)), from);
            if (read == 0)
            {
                throw StorageErrors.Damaged(source.Path, from, "the file became shorter while it was copied.");
            }

            target.Write(buffer.AsSpan(0, read), to);
            from += read;
            to += read;
            length -= read;
        }
    }
}
