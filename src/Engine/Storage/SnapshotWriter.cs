using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>
/// Writes a snapshot file as a stream of checksummed blocks (docs/formats/checkpoint.md). <see cref="Finish"/> ends it and makes it durable.
/// Thread safety: none.
/// </summary>
internal sealed class SnapshotWriter : Stream
{
    public const int BlockBytes = 1 << 20;
    public const int BlockHeader = 8;

    private readonly IFile _file;
    private readonly CancellationToken _cancellationToken;
    private readonly byte[] _block = new byte[BlockHeader + BlockBytes];
    private int _used;
    private long _offset = SnapshotHeader.Size;
    private long _blocks;
    private long _total;

    /// <summary>Begins a file; one of that name is replaced.</summary>
    /// <param name="files">Where it will be.</param>
    /// <param name="path">The file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="cancellationToken">Ends the writing with an <see cref="OperationCanceledException"/> before the next block, so that closing need not wait for a large file.</param>
    public SnapshotWriter(IFileSystem files, string path, SnapshotHeader header, CancellationToken cancellationToken = default)
    {
        _cancellationToken = cancellationToken;
        if (files.FileExists(path))
        {
            files.DeleteFile(path);
        }

        _file = files.Open(path, OpenMode.CreateNew);
        Span<byte> bytes = stackalloc byte[SnapshotHeader.Size];
        header.Write(bytes);
        _file.Write(bytes, 0);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _total + _used;

    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    /// <summary>Ends the file and syncs it; returns its length and the checksum of its end.</summary>
    public (long Bytes, uint Checksum) Finish()
    {
        WriteBlock();
        Span<byte> end = stackalloc byte[BlockHeader];
        uint checksum = SnapshotBlocks.EndChecksum(_blocks, _total);
        BinaryPrimitives.WriteInt32LittleEndian(end, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(end[4..], checksum);
        _file.Write(end, _offset);
        _file.Sync();
        return (_offset + BlockHeader, checksum);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int run = Math.Min(buffer.Length, BlockBytes - _used);
            buffer[..run].CopyTo(_block.AsSpan(BlockHeader + _used));
            _used += run;
            buffer = buffer[run..];
            if (_used == BlockBytes)
            {
                WriteBlock();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private void WriteBlock()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (_used == 0)
        {
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(_block, _used);
        BinaryPrimitives.WriteUInt32LittleEndian(_block.AsSpan(4), SnapshotBlocks.BlockChecksum(_blocks, _block.AsSpan(BlockHeader, _used)));
        _file.Write(_block.AsSpan(0, BlockHeader + _used), _offset);
        _offset += BlockHeader + _used;
        _total += _used;
        _blocks++;
        _used = 0;
    }
}
