using System.Buffers.Binary;
using System.Numerics;

namespace Hypervex.Storage;

/// <summary>The arithmetic of a field's chunk files (docs/formats/chunk.md).</summary>
internal readonly record struct ChunkLayout
{
    public const int HeaderSize = 4096;
    public const int TrailerSize = 16;
    private const int RowAlignment = 64;
    private const int MinRows = 64;
    private const uint Format = 1;
    private const int BitsPerPlace = 32;

    /// <summary>Element type of rows of hyperbolic fields: float32 components, and factors that take one place more than the dimension.</summary>
    public const int Float32AndFactor = 4;

    /// <summary>The layout of a field's chunks.</summary>
    /// <param name="dimension">Dimension of the field.</param>
    /// <param name="maxChunkBytes">Greatest size of a chunk's rows, unless that is too little for the fewest.</param>
    /// <param name="elementType"><see cref="RecordBody.Float32"/>, <see cref="RecordBody.Bits"/> or <see cref="Float32AndFactor"/>.</param>
    public ChunkLayout(int dimension, int maxChunkBytes, int elementType = RecordBody.Float32)
    {
        Dimension = dimension;
        ElementType = elementType;
        RowLength = sizeof(float) * Places(elementType, dimension);
        Stride = (RowLength + TrailerSize + RowAlignment - 1) & -RowAlignment;
        int rows = Math.Max(MinRows, maxChunkBytes / Stride);
        Shift = BitOperations.Log2((uint)rows);
    }

    public int Dimension { get; }

    public int ElementType { get; }

    /// <summary>Bytes of a row before its padding and trailer.</summary>
    public int RowLength { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>Base-2 logarithm of the rows in a chunk.</summary>
    public int Shift { get; }

    public int Rows => 1 << Shift;

    public long FileLength => HeaderSize + RowBytes;

    public long RowBytes => (long)Rows * Stride;

    /// <summary>float32 places of a row.</summary>
    public static int Places(int elementType, int dimension) => elementType switch
    {
        RecordBody.Bits => (dimension + BitsPerPlace - 1) / BitsPerPlace,
        Float32AndFactor => dimension + 1,
        _ => dimension,
    };

    public long OffsetInChunk(uint slot) => (slot & (uint)(Rows - 1)) * (long)Stride;

    /// <summary>Whether a slot's row is the first of its chunk.</summary>
    public bool IsFirstOfChunk(uint slot) => (slot & (uint)(Rows - 1)) == 0;

    public void WriteHeader(Span<byte> target, ulong collectionId, uint partition, uint field, uint number, ulong nonce)
    {
        target[..HeaderSize].Clear();
        "HVXCHK01"u8.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Format);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], HeaderSize);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], collectionId);
        BinaryPrimitives.WriteUInt32LittleEndian(target[24..], partition);
        BinaryPrimitives.WriteUInt32LittleEndian(target[28..], field);
        BinaryPrimitives.WriteUInt32LittleEndian(target[32..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(target[36..], (uint)Rows);
        BinaryPrimitives.WriteUInt32LittleEndian(target[40..], (uint)Stride);
        BinaryPrimitives.WriteUInt32LittleEndian(target[44..], (uint)Dimension);
        BinaryPrimitives.WriteUInt32LittleEndian(target[48..], (uint)ElementType);
        BinaryPrimitives.WriteUInt64LittleEndian(target[56..], nonce);
        BinaryPrimitives.WriteUInt32LittleEndian(target[(HeaderSize - 4)..], Checksum.Of(target[..(HeaderSize - 4)]));
    }

    /// <summary>Whether a header is the one that <see cref="WriteHeader"/> writes with these values, whatever its nonce.</summary>
    public bool HeaderMatches(ReadOnlySpan<byte> header, ulong collectionId, uint partition, uint field, uint number)
    {
        var expected = new byte[HeaderSize];
        WriteHeader(expected, collectionId, partition, field, number, BinaryPrimitives.ReadUInt64LittleEndian(header[56..]));
        return header.SequenceEqual(expected);
    }

    /// <summary>Writes what stands behind the floats of a row.</summary>
    public void SealRow(Span<byte> row, ulong vectorsSequence)
    {
        row = row[..Stride];
        row[RowLength..].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(row[(Stride - 16)..], vectorsSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(row[(Stride - 8)..], RowChecksum(row, vectorsSequence));
    }

    /// <summary>Writes the row of a slot that holds no record: zeros and the complement of their checksum.</summary>
    public void WriteErasedRow(Span<byte> target)
    {
        target = target[..Stride];
        target.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(target[(Stride - 8)..], ~RowChecksum(target, 0));
    }

    /// <summary>Whether a row is whole and belongs to the record version that it should.</summary>
    /// <param name="row">The row with its trailer.</param>
    /// <param name="rowIdentity">The low 32 bits of the record's vectors sequence.</param>
    public bool RowChecks(ReadOnlySpan<byte> row, uint rowIdentity) =>
        BinaryPrimitives.ReadUInt64LittleEndian(row[(Stride - 16)..]) is var vectorsSequence
        && (uint)vectorsSequence == rowIdentity
        && BinaryPrimitives.ReadUInt32LittleEndian(row[(Stride - 8)..]) == RowChecksum(row, vectorsSequence);

    private uint RowChecksum(ReadOnlySpan<byte> row, ulong vectorsSequence) =>
        Checksum.Finish(Checksum.Append(Checksum.Append(Checksum.Start, row[..RowLength]), vectorsSequence));
}
