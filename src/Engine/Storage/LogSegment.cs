namespace Hypervex.Storage;

/// <summary>
/// One open segment file and the arithmetic of places in it. Thread safety: reads may run beside the one writer's appends
/// behind them.
/// </summary>
internal sealed class LogSegment(IFile file, SegmentHeader header, int ordinal) : IDisposable
{
    public IFile File { get; } = file;

    public SegmentHeader Header { get; } = header;

    /// <summary>Number of the segment in this process's list; part of every <see cref="RecordLocation"/>.</summary>
    public int Ordinal { get; } = ordinal;

    private long _deadBytes;
    private long _deleteBytes;

    /// <summary>Bytes of frames that later ones have put out of date, marks included. An estimate after a crash, never too low.</summary>
    public long DeadBytes => Volatile.Read(ref _deadBytes);

    /// <summary>Bytes of deletes. An estimate after a crash, never too low.</summary>
    public long DeleteBytes => Volatile.Read(ref _deleteBytes);

    public void CountDead(long bytes) => Interlocked.Add(ref _deadBytes, bytes);

    public void CountDelete(long bytes) => Interlocked.Add(ref _deleteBytes, bytes);

    /// <summary>Where the next frame goes. Only the writer moves it.</summary>
    public long End { get; set; } = SegmentHeader.Size;

    /// <summary>Up to where the file's space has been taken.</summary>
    public long Allocated { get; set; } = file.Length;

    /// <summary>Creates a segment that is durable when this returns: file, then directory.</summary>
    public static LogSegment Create(IFileSystem files, string partition, SegmentHeader header, int ordinal)
    {
        string path = DatabasePaths.Log(partition, header.FirstSequence);
        if (files.FileExists(path))
        {
            files.DeleteFile(path); // an empty leftover: recovery has proved that it holds no frame
        }

        IFile file = files.Open(path, OpenMode.CreateNew);
        try
        {
            Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
            header.Write(bytes);
            file.Write(bytes, 0);
            KillPoint.Hit(KillPlace.InsideSegmentCreate);
            file.Sync();
            files.SyncDirectory(DatabasePaths.Logs(partition));
            return new LogSegment(file, header, ordinal);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads and checks the frame at an offset into the buffer.</summary>
    /// <returns>The whole frame, header included; valid until the buffer's next use.</returns>
    public ReadOnlySpan<byte> Read(long offset, FrameBuffer buffer, out FrameHeader header)
    {
        Span<byte> bytes = buffer.Span(buffer.Guess);
        int read = File.Read(bytes, offset);
        if (!FrameHeader.TryRead(bytes[..read], out header) || offset + header.FrameLength > File.Length)
        {
            throw StorageErrors.Damaged(File.Path, offset, "there is no frame where a record should be. Run `hypervex verify`.");
        }

        int length = header.FrameLength;
        if (read < length)
        {
            bytes = buffer.Span(length);
            File.Read(bytes, offset);
        }

        buffer.Guess = Math.Clamp(length, 256, 64 * 1024);
        if (!header.Checks(bytes, Header.Nonce, out uint expected, out uint actual))
        {
            throw StorageErrors.Damaged(File.Path, offset, $"the frame's CRC-32C is {actual:x8}, expected {expected:x8}. Run `hypervex verify`.");
        }

        return bytes[..length];
    }

    /// <summary>Opens a compacted segment that is in its place.</summary>
    public static LogSegment OpenCompacted(IFileSystem files, string path, SegmentHeader header, int ordinal) =>
        new(files.Open(path, OpenMode.Read), header, ordinal) { End = SegmentHeader.Size + header.Compacted!.FrameBytes };

    public void Dispose() => File.Dispose();
}
