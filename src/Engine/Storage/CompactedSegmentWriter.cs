namespace Hypervex.Storage;

/// <summary>
/// Writes a compacted segment: under a temporary name until <see cref="Publish"/>, so that a crash before leaves nothing that counts. Disposed unpublished,
/// it removes its file. Thread safety: none.
/// </summary>
internal sealed class CompactedSegmentWriter : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly IFileSystem _files;
    private readonly string _partition;
    private readonly SegmentHeader _header;
    private readonly uint _inputs;
    private readonly string _path;
    private readonly IFile _file;
    private byte[] _buffer = new byte[BufferBytes];
    private int _used;
    private long _written = SegmentHeader.Size;
    private long _frames;
    private bool _published;

    /// <param name="files">Where the log is.</param>
    /// <param name="partition">The partition's directory.</param>
    /// <param name="header">First sequence, collection, partition and nonce.</param>
    /// <param name="lastSequence">The end of the range.</param>
    /// <param name="inputs">Number of segments that it replaces.</param>
    public CompactedSegmentWriter(IFileSystem files, string partition, SegmentHeader header, ulong lastSequence, int inputs)
    {
        _files = files;
        _partition = partition;
        _header = header with { Compacted = new CompactedRange(lastSequence, 0, 0, (uint)inputs) };
        _inputs = (uint)inputs;
        _path = DatabasePaths.CompactedLog(partition, header.FirstSequence, lastSequence);
        if (files.FileExists(Temporary))
        {
            files.DeleteFile(Temporary);
        }

        _file = files.Open(Temporary, OpenMode.CreateNew);
    }

    public string Path => _path;

    private string Temporary => _path + DatabasePaths.TemporarySuffix;

    /// <summary>Copies a frame; returns where it stands now.</summary>
    public long Add(FrameHeader header, ReadOnlySpan<byte> frame)
    {
        if (_used + header.FrameLength > _buffer.Length)
        {
            Flush();
            if (header.FrameLength > _buffer.Length)
            {
                _buffer = new byte[header.FrameLength];
            }
        }

        Span<byte> copy = _buffer.AsSpan(_used, header.FrameLength);
        frame[..(FrameHeader.Size + header.BodyLength)].CopyTo(copy);
        (header with { Commit = true }).Seal(copy, _header.Nonce);
        long offset = _written + _used;
        _used += copy.Length;
        _frames++;
        return offset;
    }

    /// <summary>Ends the file and makes it durable; it has not got its name yet.</summary>
    /// <param name="durable">The sequence that is known durable.</param>
    /// <param name="forgottenUpTo">The last deletion of the range that was left out for good; 0 = none, null = not known.</param>
    public SegmentHeader Finish(ulong durable, ulong? forgottenUpTo)
    {
        Flush();
        SegmentHeader header = _header with
        {
            DurableMark = durable,
            Compacted = new CompactedRange(_header.Compacted!.LastSequence, _frames, _written - SegmentHeader.Size, _inputs, forgottenUpTo + 1 ?? 0),
        };
        Span<byte> bytes = stackalloc byte[SegmentHeader.Size];
        header.Write(bytes);
        _file.Write(bytes, 0);
        _file.Sync();
        return header;
    }

    /// <summary>Gives the finished file its name, durably.</summary>
    public void Publish()
    {
        _file.Dispose();
        _files.Rename(Temporary, _path);
        _published = true;
        _files.SyncDirectory(DatabasePaths.Logs(_partition));
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_published)
        {
            return;
        }

        try
        {
            _files.DeleteFile(Temporary);
        }
        catch (HypervexException)
        {
            // The next opening removes it.
        }
    }

    private void Flush()
    {
        if (_used > 0)
        {
            _file.Write(_buffer.AsSpan(0, _used), _written);
            _written += _used;
            _used = 0;
        }
    }
}
