using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>
/// Reads a snapshot file as a stream; hands out no byte of a block before its checksum has been checked. What does not check is an
/// <see cref="ErrorCode.Damaged"/>. Thread safety: none.
/// </summary>
internal sealed class SnapshotReader : Stream
{
    private readonly IFile _file;
    private readonly byte[] _block = new byte[SnapshotWriter.BlockBytes];
    private int _at;
    private int _count;
    private long _offset = SnapshotHeader.Size;
    private long _blocks;
    private long _total;
    private bool _ended;

    /// <param name="files">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="header">The header that it must have.</param>
    /// <param name="bytes">The length that the manifest names.</param>
    /// <param name="checksum">The checksum of the end that the manifest names.</param>
    public SnapshotReader(IFileSystem files, string path, SnapshotHeader header, long bytes, uint checksum)
    {
        if (!files.FileExists(path))
        {
            throw StorageErrors.Damaged(path, 0, "the file is missing.");
        }

        _file = files.Open(path, OpenMode.Read);
        Span<byte> start = stackalloc byte[SnapshotHeader.Size];
        Span<byte> end = stackalloc byte[SnapshotWriter.BlockHeader];
        if (_file.Length != bytes
            || _file.Read(start, 0) != start.Length
            || !header.Matches(start)
            || _file.Read(end, bytes - end.Length) != end.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(end[4..]) != checksum)
        {
            _file.Dispose();
            throw StorageErrors.Damaged(path, 0, "the file is not the one that the manifest names.");
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _total - (_count - _at);
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_at == _count && !NextBlock())
        {
            return 0;
        }

        int run = Math.Min(buffer.Length, _count - _at);
        _block.AsSpan(_at, run).CopyTo(buffer);
        _at += run;
        return run;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool NextBlock()
    {
        if (_ended)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[SnapshotWriter.BlockHeader];
        int read = _file.Read(header, _offset);
        int length = BinaryPrimitives.ReadInt32LittleEndian(header);
        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (read < header.Length || length is < 0 or > SnapshotWriter.BlockBytes)
        {
            throw StorageErrors.Damaged(_file.Path, _offset, "there is no block where one should be.");
        }

        if (length == 0)
        {
            _ended = expected == SnapshotBlocks.EndChecksum(_blocks, _total)
                ? true
                : throw StorageErrors.Damaged(_file.Path, _offset, "the end does not fit the blocks before it.");
            return false;
        }

        read = _file.Read(_block.AsSpan(0, length), _offset + header.Length);
        uint actual = SnapshotBlocks.BlockChecksum(_blocks, _block.AsSpan(0, read));
        if (read < length || actual != expected)
        {
            throw StorageErrors.Damaged(_file.Path, _offset, $"the block's CRC-32C is {actual:x8}, expected {expected:x8}.");
        }

        _offset += header.Length + length;
        _total += length;
        _blocks++;
        _at = 0;
        _count = length;
        return true;
    }
}
