using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>The record table in a checkpoint (docs/formats/checkpoint.md).</summary>
internal static class RecordsSnapshot
{
    private const int EntryBytes = 32;
    private const int EntriesAtOnce = 4096;

    /// <summary>A flag of an entry: the record's body names a time at which it expires.</summary>
    private const uint Expires = 1;

    /// <summary>
    /// Writes the table while it changes: every record that is live throughout and whose frame stands before a place in the log, once. What stands
    /// behind it comes with the replay; its place may change when recovery moves frames that were not durable yet.
    /// </summary>
    /// <param name="files">Where the file will be.</param>
    /// <param name="path">The file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="records">The table.</param>
    /// <param name="log">The log that its locations are in terms of.</param>
    /// <param name="end">Frames that stand there or behind are left out.</param>
    /// <param name="expires">Whether the record of a slot expires. It may tell of a later record: that comes with the replay too.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    public static SnapshotFile Save(IFileSystem files, string path, SnapshotHeader header, RecordTable records, Log log, RecordLocation end, Func<uint, bool> expires, CancellationToken cancellationToken)
    {
        using var writer = new SnapshotWriter(files, path, header, cancellationToken);
        Write(writer, records, new SavedSegments(log.Segments, end), expires);
        (long bytes, uint checksum) = writer.Finish();
        return new SnapshotFile(bytes, checksum);
    }

    /// <summary>Reads a table; locations are in terms of the log as it is open now. <paramref name="expiring"/> receives slots whose record may expire.</summary>
    public static RecordTable Load(IFileSystem files, string path, SnapshotHeader header, SnapshotFile expected, uint slots, Log log, List<uint> expiring)
    {
        using var reader = new SnapshotReader(files, path, header, expected.Bytes, expected.Checksum);
        using var stream = new BufferedStream(reader, 1 << 16);
        Span<byte> bytes = stackalloc byte[EntryBytes];
        stream.ReadExactly(bytes[..12]);
        var records = new RecordTable(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        int[] ordinals = SavedSegments.Read(stream, BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), log.Segments, path);
        records.StartAt(slots);
        var entries = new byte[EntriesAtOnce * EntryBytes];
        while (stream.ReadAtLeast(entries, entries.Length, throwOnEndOfStream: false) is var read and > 0)
        {
            if (read % EntryBytes != 0)
            {
                throw StorageErrors.Damaged(path, 0, "the last entry is cut off.");
            }

            for (int at = 0; at < read; at += EntryBytes)
            {
                ReadOnlySpan<byte> entry = entries.AsSpan(at, EntryBytes);
                Add(records, entry, ordinals, slots, path);
                if ((BinaryPrimitives.ReadUInt32LittleEndian(entry[28..]) & Expires) != 0)
                {
                    expiring.Add(BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]));
                }
            }
        }

        return records;
    }

    /// <summary>Reads the slots of a table, without the log that its locations name.</summary>
    public static void VisitSlots(IFileSystem files, string path, SnapshotHeader header, SnapshotFile expected, Action<uint> visit)
    {
        using var reader = new SnapshotReader(files, path, header, expected.Bytes, expected.Checksum);
        using var stream = new BufferedStream(reader, 1 << 16);
        Span<byte> bytes = stackalloc byte[EntryBytes];
        SavedSegments.Skip(stream);
        while (stream.ReadAtLeast(bytes, EntryBytes, throwOnEndOfStream: false) == EntryBytes)
        {
            visit(BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]));
        }
    }

    private static void Add(RecordTable records, ReadOnlySpan<byte> entry, int[] ordinals, uint slots, string path)
    {
        var location = new RecordLocation(BinaryPrimitives.ReadUInt64LittleEndian(entry));
        uint slot = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        if (slot >= slots || location.Segment >= ordinals.Length || ordinals[location.Segment] < 0)
        {
            throw StorageErrors.Damaged(path, 0, "an entry names a slot or segment that is not there.");
        }

        records.Add(
            BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]),
            slot,
            new RecordLocation(ordinals[location.Segment], location.Offset),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]));
    }

    private static void Write(SnapshotWriter writer, RecordTable records, SavedSegments segments, Func<uint, bool> expires)
    {
        var entries = new RecordTable.Saved[EntriesAtOnce];
        var bytes = new byte[EntriesAtOnce * EntryBytes];
        ulong after = 0;
        segments.Write(writer, records.HashSeed);
        while (records.CopySome(ref after, entries) is var count and > 0)
        {
            int used = 0;
            foreach (RecordTable.Saved entry in entries.AsSpan(0, count))
            {
                if (!segments.TryPlace(entry.Location, out RecordLocation saved))
                {
                    continue;
                }

                Span<byte> target = bytes.AsSpan(used, EntryBytes);
                BinaryPrimitives.WriteUInt64LittleEndian(target, saved.Packed);
                BinaryPrimitives.WriteUInt64LittleEndian(target[8..], entry.CreatedSequence);
                BinaryPrimitives.WriteUInt32LittleEndian(target[16..], entry.Tag);
                BinaryPrimitives.WriteUInt32LittleEndian(target[20..], entry.Slot);
                BinaryPrimitives.WriteUInt32LittleEndian(target[24..], entry.Row);
                BinaryPrimitives.WriteUInt32LittleEndian(target[28..], expires(entry.Slot) ? Expires : 0);
                used += EntryBytes;
            }

            writer.Write(bytes.AsSpan(0, used));
        }
    }
}
