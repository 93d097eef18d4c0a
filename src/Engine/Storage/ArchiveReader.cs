using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>
/// Reads a snapshot archive from a stream that can seek, and believes none of it: no byte of a block is handed out before its checksum has been
/// checked, and no length is followed before it has been compared with what is left of the file. What does not hold is a
/// <see cref="ErrorCode.BadSnapshot"/>. Memory: one block and the longest record. Thread safety: none.
/// </summary>
internal sealed class ArchiveReader
{
    private readonly Stream _source;
    private readonly string _name;
    private readonly ArchiveHeader _header;
    private readonly byte[] _block = new byte[ArchiveBlocks.BlockBytes];
    private byte[] _item = [];
    private int _at;
    private int _count;
    private long _offset;
    private long _left;
    private long _blocks;
    private long _contentBytes;
    private uint _chain;
    private bool _ended;

    /// <param name="source">The archive, from its present position to its end.</param>
    /// <param name="name">What error messages call it.</param>
    public ArchiveReader(Stream source, string name)
    {
        _source = source;
        _name = name;
        _left = source.Length - source.Position;
        Span<byte> bytes = stackalloc byte[ArchiveHeader.Size];
        int read = source.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (!ArchiveHeader.TryRead(bytes[..read], out _header, out string problem))
        {
            throw Bad(problem);
        }

        _offset = ArchiveHeader.Size;
        _left -= ArchiveHeader.Size;
        _chain = Checksum.Append(Checksum.Start, bytes[..ArchiveHeader.CheckedSize]);
        Description = ReadItem(ArchiveBlocks.MaxDescription).ToArray();
    }

    public ArchiveHeader Header => _header;

    /// <summary>The collection's name and settings, as JSON that has not been looked at.</summary>
    public byte[] Description { get; }

    /// <summary>Records handed out so far.</summary>
    public long Records { get; private set; }

    /// <summary>Of the whole archive; known when the last record has been read.</summary>
    public uint ArchiveChecksum { get; private set; }

    /// <summary>Hands out the next record, valid until the next call; false at the end, which has then been checked.</summary>
    public bool TryNext(out ReadOnlySpan<byte> body)
    {
        body = default;
        if (_at == _count && !NextBlock())
        {
            return false;
        }

        body = ReadItem(FrameHeader.MaxBody);
        if (++Records > _header.Records)
        {
            throw Bad($"it holds more than the {_header.Records} records that its header announces");
        }

        return true;
    }

    /// <summary>The error for something that does not hold at the place that has been reached.</summary>
    public HypervexException Bad(string problem) => SnapshotErrors.Bad(_name, $"offset {_offset}: {problem}");

    private ReadOnlySpan<byte> ReadItem(int longest)
    {
        Span<byte> prefix = stackalloc byte[sizeof(uint)];
        Copy(prefix);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(prefix);
        if (length == 0 || length > (uint)longest || length > _left + (_count - _at))
        {
            throw Bad($"an item claims to be {length} bytes long, which is not between 1 and {longest}, or more than is left of the file");
        }

        if (length <= _count - _at)
        {
            _at += (int)length;
            return _block.AsSpan(_at - (int)length, (int)length);
        }

        if (_item.Length < length)
        {
            _item = new byte[Math.Min(longest, Math.Max((int)length, _item.Length * 2))];
        }

        Copy(_item.AsSpan(0, (int)length));
        return _item.AsSpan(0, (int)length);
    }

    private void Copy(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (_at == _count && !NextBlock())
            {
                throw Bad("it ends in the middle of an item");
            }

            int run = Math.Min(target.Length, _count - _at);
            _block.AsSpan(_at, run).CopyTo(target);
            _at += run;
            target = target[run..];
        }
    }

    private bool NextBlock()
    {
        if (_ended)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[ArchiveBlocks.BlockHeader];
        Read(start);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(start);
        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        if (length == 0)
        {
            CheckEnd(start);
            return false;
        }

        if (length > ArchiveBlocks.BlockBytes || length > _left)
        {
            throw Bad($"a block claims to be {length} bytes long; at most {Math.Min(ArchiveBlocks.BlockBytes, _left)} are possible there");
        }

        Span<byte> content = _block.AsSpan(0, (int)length);
        Read(content);
        uint actual = ArchiveBlocks.ChecksumOf(_header.Nonce, _blocks, content);
        if (actual != expected)
        {
            throw Bad($"the CRC-32C of block {_blocks} is {actual:x8}, expected {expected:x8}");
        }

        _chain = ArchiveBlocks.Chain(_chain, actual);
        _blocks++;
        _contentBytes += length;
        _at = 0;
        _count = (int)length;
        return true;
    }

    private void CheckEnd(ReadOnlySpan<byte> start)
    {
        Span<byte> end = stackalloc byte[ArchiveBlocks.EndSize];
        Span<byte> expected = stackalloc byte[ArchiveBlocks.EndSize];
        start.CopyTo(end);
        Read(end[start.Length..]);
        ArchiveChecksum = Checksum.Finish(_chain);
        ArchiveBlocks.WriteEnd(expected, _header.Nonce, _blocks, _contentBytes, Records, ArchiveChecksum);
        if (!end.SequenceEqual(expected) || Records != _header.Records)
        {
            throw Bad($"the end does not fit what stands before it ({_blocks} blocks, {_contentBytes} bytes, {Records} records)");
        }

        if (_left != 0)
        {
            throw Bad($"{_left} bytes stand behind the end");
        }

        _ended = true;
        _at = _count = 0;
    }

    private void Read(Span<byte> target)
    {
        if (target.Length > _left || _source.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
        {
            throw Bad("it is cut off");
        }

        _offset += target.Length;
        _left -= target.Length;
    }
}
