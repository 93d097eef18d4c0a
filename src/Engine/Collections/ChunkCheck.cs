using System.Buffers.Binary;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Checks the chunks of a checkpoint without the log: each header, and of the slots that the record table knows each row against its own checksum. That a whole row is the one that
/// the log says is for <see cref="CollectionVerifier"/>. Reads only. Thread safety: none.
/// </summary>
internal sealed class ChunkCheck
{
    private readonly IFileSystem _files;
    private readonly string _partition;
    private readonly ulong _collectionId;
    private readonly ulong[] _slots;

    /// <param name="files">Where the files are.</param>
    /// <param name="partition">The partition's directory.</param>
    /// <param name="collectionId">The collection that the files must belong to.</param>
    /// <param name="checkpoint">What the manifest names; its record table must be whole.</param>
    public ChunkCheck(IFileSystem files, string partition, ulong collectionId, CheckpointEntry checkpoint)
    {
        _files = files;
        _partition = partition;
        _collectionId = collectionId;
        _slots = new ulong[(checkpoint.Slots + 63) / 64];
        var header = new SnapshotHeader(SnapshotKind.Records, 0, collectionId, checkpoint.Number, 0);
        RecordsSnapshot.VisitSlots(files, DatabasePaths.RecordsSnapshot(partition, checkpoint.Number), header, checkpoint.Records, slot =>
        {
            if (slot < checkpoint.Slots)
            {
                _slots[slot >> 6] |= 1UL << (int)(slot & 63);
            }
        });
    }

    /// <summary>What is wrong with a chunk; null when nothing is.</summary>
    public string? Check(uint field, uint number)
    {
        using IFile file = _files.Open(DatabasePaths.Chunk(DatabasePaths.FieldChunks(_partition, field), number), OpenMode.Read);
        var header = new byte[ChunkLayout.HeaderSize];
        if (file.Read(header, 0) != header.Length || LayoutOf(header) is not { } layout || file.Length != layout.FileLength || !layout.HeaderMatches(header, _collectionId, 0, field, number))
        {
            return "the file is not this field's chunk";
        }

        const int AtOnce = 1 << 20;
        var buffer = new byte[Math.Max(1, AtOnce / layout.Stride) * layout.Stride];
        int read;
        for (long offset = 0; offset < layout.RowBytes; offset += read)
        {
            read = file.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, layout.RowBytes - offset)), ChunkLayout.HeaderSize + offset);
            for (int at = 0; at < read; at += layout.Stride)
            {
                long slot = ((long)number << layout.Shift) + ((offset + at) / layout.Stride);
                if (IsLive(slot) && !IsWhole(layout, buffer.AsSpan(at, layout.Stride)))
                {
                    return $"the row of slot {slot} does not check";
                }
            }
        }

        return null;
    }

    private bool IsLive(long slot) => slot >> 6 < _slots.Length && ((_slots[slot >> 6] >> (int)(slot & 63)) & 1) != 0;

    // A record without a vector in this field has a row that was never written, or erased, or left behind by an earlier record.
    private static bool IsWhole(ChunkLayout layout, ReadOnlySpan<byte> row)
    {
        if (row.IndexOfAnyExcept((byte)0) < 0 || layout.RowChecks(row, BinaryPrimitives.ReadUInt32LittleEndian(row[(layout.Stride - 16)..])))
        {
            return true;
        }

        var erased = new byte[layout.Stride];
        layout.WriteErasedRow(erased);
        return row.SequenceEqual(erased);
    }

    /// <summary>The layout that a header claims; null when no chunk has such a one.</summary>
    private static ChunkLayout? LayoutOf(ReadOnlySpan<byte> header)
    {
        int rows = BinaryPrimitives.ReadInt32LittleEndian(header[36..]);
        int stride = BinaryPrimitives.ReadInt32LittleEndian(header[40..]);
        int dimension = BinaryPrimitives.ReadInt32LittleEndian(header[44..]);
        int elementType = BinaryPrimitives.ReadInt32LittleEndian(header[48..]);
        long bytes = (long)rows * stride;
        return rows > 0 && stride > 0 && bytes <= int.MaxValue && dimension is > 0 and <= Limits.MaxDimension ? new ChunkLayout(dimension, (int)bytes, elementType) : null;
    }
}
