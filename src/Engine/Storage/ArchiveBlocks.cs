using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>Sizes and checksums of an archive's blocks (docs/formats/snapshot.md).</summary>
internal static class ArchiveBlocks
{
    public const int BlockBytes = 1 << 20;
    public const int BlockHeader = 8;
    public const int EndSize = 40;
    public const int MaxDescription = 64 * 1024;

    public static uint ChecksumOf(ulong nonce, long number, ReadOnlySpan<byte> content)
    {
        uint state = Checksum.Append(Checksum.Append(Checksum.Start, nonce), (ulong)number);
        state = Checksum.Append(state, (ulong)content.Length);
        return Checksum.Finish(Checksum.Append(state, content));
    }

    /// <summary>Feeds a block's checksum into that of the archive.</summary>
    public static uint Chain(uint state, uint blockChecksum)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, blockChecksum);
        return Checksum.Append(state, bytes);
    }

    /// <summary>Writes the 40 bytes that end an archive.</summary>
    public static void WriteEnd(Span<byte> target, ulong nonce, long blocks, long contentBytes, long records, uint archiveChecksum)
    {
        target[..EndSize].Clear();
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], blocks);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], contentBytes);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], records);
        BinaryPrimitives.WriteUInt32LittleEndian(target[32..], archiveChecksum);
        uint state = Checksum.Append(Checksum.Start, nonce);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Checksum.Finish(Checksum.Append(state, target[8..EndSize])));
    }
}
