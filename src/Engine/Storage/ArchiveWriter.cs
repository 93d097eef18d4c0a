using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>
/// Writes a snapshot archive to a stream: header, description, records, end (docs/formats/snapshot.md). <see cref="Finish"/> ends it.
/// Thread safety: none.
/// </summary>
internal sealed class ArchiveWriter
{
    private readonly Stream _target;
    private readonly ArchiveHeader _header;
    private readonly byte[] _block = new byte[ArchiveBlocks.BlockHeader + ArchiveBlocks.BlockBytes];
    private int _used;
    private long _blocks;
    private long _contentBytes;
    private uint _chain;

    public ArchiveWriter(Stream target, ArchiveHeader header, ReadOnlySpan<byte> description)
    {
        _target = target;
        _header = header;
        Span<byte> bytes = stackalloc byte[ArchiveHeader.Size];
        header.Write(bytes);
        target.Write(bytes);
        _chain = Checksum.Append(Checksum.Start, bytes[..ArchiveHeader.CheckedSize]);
        WriteItem(description);
    }

    /// <summary>Records written so far.</summary>
    public long Records { get; private set; }

    /// <summary>Writes one record's body.</summary>
    public void Write(ReadOnlySpan<byte> body)
    {
        WriteItem(body);
        Records++;
    }

    /// <summary>Ends the archive; returns its length in bytes.</summary>
    public long Finish()
    {
        WriteBlock();
        Span<byte> end = stackalloc byte[ArchiveBlocks.EndSize];
        ArchiveBlocks.WriteEnd(end, _header.Nonce, _blocks, _contentBytes, Records, Checksum.Finish(_chain));
        _target.Write(end);
        return ArchiveHeader.Size + (_blocks * ArchiveBlocks.BlockHeader) + _contentBytes + ArchiveBlocks.EndSize;
    }

    private void WriteItem(ReadOnlySpan<byte> item)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, item.Length);
        WriteContent(length);
        WriteContent(item);
    }

    private void WriteContent(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int run = Math.Min(bytes.Length, ArchiveBlocks.BlockBytes - _used);
            bytes[..run].CopyTo(_block.AsSpan(ArchiveBlocks.BlockHeader + _used));
            _used += run;
            bytes = bytes[run..];
            if (_used == ArchiveBlocks.BlockBytes)
            {
                WriteBlock();
            }
        }
    }

    private void WriteBlock()
    {
        if (_used == 0)
        {
            return;
        }

        Span<byte> content = _block.AsSpan(ArchiveBlocks.BlockHeader, _used);
        uint checksum = ArchiveBlocks.ChecksumOf(_header.Nonce, _blocks, content);
        BinaryPrimitives.WriteInt32LittleEndian(_block, _used);
        BinaryPrimitives.WriteUInt32LittleEndian(_block.AsSpan(4), checksum);
        _target.Write(_block.AsSpan(0, ArchiveBlocks.BlockHeader + _used));
        _chain = ArchiveBlocks.Chain(_chain, checksum);
        _contentBytes += _used;
        _blocks++;
        _used = 0;
    }
}
