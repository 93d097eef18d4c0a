using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>The 64-byte header of a snapshot archive (docs/formats/snapshot.md).</summary>
internal readonly record struct ArchiveHeader(ulong Nonce, long Records, ulong Sequence, long TakenAtMs)
{
    public const int Size = 64;
    /// <summary>What stands before the header's own checksum, which makes any header look the same to a CRC.</summary>
    public const int CheckedSize = 60;

    private const uint Format = 1;

    private static ReadOnlySpan<byte> Magic => "HVXARC01"u8;

    public void Write(Span<byte> target)
    {
        target[..Size].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Format);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], Size);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], Nonce);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], Records);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], TakenAtMs);
        BinaryPrimitives.WriteUInt32LittleEndian(target[CheckedSize..], Checksum.Of(target[..CheckedSize]));
    }

    /// <summary>Reads a header; <paramref name="problem"/> says why it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ArchiveHeader header, out string problem)
    {
        header = default;
        problem = "";
        if (source.Length < Size || !source.StartsWith(Magic))
        {
            problem = "it does not begin like a snapshot: it is another kind of file, or cut off";
            return false;
        }

        uint format = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        header = new ArchiveHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]));
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[CheckedSize..]) != Checksum.Of(source[..CheckedSize]))
        {
            problem = "the header's CRC-32C is not that of its bytes";
            return false;
        }

        if (format != Format)
        {
            problem = $"it has format {format}, this version of Hypervex reads {Format}; restore it with the version that wrote it";
            return false;
        }

        Span<byte> expected = stackalloc byte[Size];
        header.Write(expected);
        if (header.Records < 0 || !source[..Size].SequenceEqual(expected))
        {
            problem = "the header holds values that no snapshot has";
            return false;
        }

        return true;
    }
}
