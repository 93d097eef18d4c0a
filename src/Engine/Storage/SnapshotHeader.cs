using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>What a snapshot file holds.</summary>
internal enum SnapshotKind : uint
{
    Records = 1,
    FieldIndex = 2,
    FieldCodes = 3,
    FieldValues = 4,
}

/// <summary>The 64-byte header of a snapshot file (docs/formats/checkpoint.md).</summary>
internal readonly record struct SnapshotHeader(SnapshotKind Kind, uint Partition, ulong CollectionId, ulong Checkpoint, uint Field)
{
    public const int Size = 64;
    private const uint FieldFormat = 1;
    private const uint RecordsFormat = 2;

    private static ReadOnlySpan<byte> Magic => "HVXSNAP1"u8;

    public void Write(Span<byte> target)
    {
        target[..Size].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Kind == SnapshotKind.Records ? RecordsFormat : FieldFormat);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], Size);
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], (uint)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], Partition);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], CollectionId);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], Checkpoint);
        BinaryPrimitives.WriteUInt32LittleEndian(target[40..], Field);
        BinaryPrimitives.WriteUInt32LittleEndian(target[60..], Checksum.Of(target[..60]));
    }

    /// <summary>Whether the bytes are exactly this header, in a format that this version reads.</summary>
    public bool Matches(ReadOnlySpan<byte> source)
    {
        Span<byte> expected = stackalloc byte[Size];
        Write(expected);
        return source.SequenceEqual(expected);
    }
}
