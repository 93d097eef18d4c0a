using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>A checked view of a delete body (docs/formats/record.md).</summary>
internal readonly ref struct TombstoneBody(ulong clock, ulong node, long deletedAtMs, ReadOnlySpan<byte> id)
{
    private const int FixedSize = 32;
    private const byte Version = 1;

    public ulong Clock { get; } = clock;

    public ulong Node { get; } = node;

    public long DeletedAtMs { get; } = deletedAtMs;

    public ReadOnlySpan<byte> Id { get; } = id;

    public static int SizeOf(int idLength) => FixedSize + idLength;

    public void Write(Span<byte> body)
    {
        body[..FixedSize].Clear();
        body[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(body[2..], (ushort)Id.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], Clock);
        BinaryPrimitives.WriteUInt64LittleEndian(body[16..], Node);
        BinaryPrimitives.WriteInt64LittleEndian(body[24..], DeletedAtMs);
        Id.CopyTo(body[FixedSize..]);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out TombstoneBody tombstone)
    {
        tombstone = default;
        if (body.Length < FixedSize || body[0] != Version)
        {
            return false;
        }

        int idLength = BinaryPrimitives.ReadUInt16LittleEndian(body[2..]);
        if (idLength == 0 || body.Length != SizeOf(idLength))
        {
            return false;
        }

        tombstone = new TombstoneBody(
            BinaryPrimitives.ReadUInt64LittleEndian(body[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(body[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[24..]),
            body[FixedSize..]);
        return true;
    }
}
