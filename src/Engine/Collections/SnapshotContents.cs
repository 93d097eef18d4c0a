using System.Buffers.Binary;
using System.Security.Cryptography;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// An archive that has been read completely and checked. Its records can be read again, and are checked again as they are. Memory: 24 bytes a record
/// (a 128-bit hash of the id, and the created sequence), taken as records arrive, not as the archive claims. Thread safety: one reader at a time.
/// </summary>
internal sealed class SnapshotContents
{
    private const int ReportEvery = 4096;
    private readonly Stream _archive;
    private readonly string _name;
    private readonly long _start;
    private readonly UInt128[] _ids;
    private readonly ulong[] _created;
    private readonly uint _checksum;

    private SnapshotContents(Stream archive, string name, long start, ArchiveReader read, CollectionSchema schema, UInt128[] ids, ulong[] created, long bodyBytes)
    {
        _archive = archive;
        _name = name;
        _start = start;
        Header = read.Header;
        Schema = schema;
        _ids = ids;
        _created = created;
        _checksum = read.ArchiveChecksum;
        BodyBytes = bodyBytes;
    }

    public ArchiveHeader Header { get; }

    /// <summary>Name and settings that the archive describes.</summary>
    public CollectionSchema Schema { get; }

    public int Count => _ids.Length;

    /// <summary>Bytes of all bodies.</summary>
    public long BodyBytes { get; }

    /// <summary>Reads an archive to its end; <see cref="ErrorCode.BadSnapshot"/> for whatever does not hold.</summary>
    public static SnapshotContents Check(Stream archive, string name, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        long start = archive.Position;
        var reader = new ArchiveReader(archive, name);
        CollectionSchema schema = SnapshotDescription.Read(reader);
        var ids = new List<UInt128>();
        var created = new List<ulong>();
        long bodyBytes = 0;
        ReadAll(reader, schema, schema, SnapshotStage.Checking, Remember, progress, cancellationToken);
        ids.Sort();
        created.Sort();
        for (int i = 1; i < ids.Count; i++)
        {
            if (ids[i] == ids[i - 1] || created[i] == created[i - 1])
            {
                throw SnapshotErrors.Bad(name, "two of its records have the same id, or the same created sequence");
            }
        }

        return new SnapshotContents(archive, name, start, reader, schema, [.. ids], [.. created], bodyBytes);

        void Remember(ArchivedRecord record)
        {
            ids.Add(HashOf(record.Input.Id));
            created.Add(record.CreatedSequence);
            bodyBytes += record.Input.Body.Length;
        }
    }

    /// <summary>Reads the records again, encoded for a schema whose fields are those of the archive.</summary>
    public void ForEach(CollectionSchema target, SnapshotStage stage, Action<ArchivedRecord> visit, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        _archive.Position = _start;
        var reader = new ArchiveReader(_archive, _name);
        ReadAll(reader, Schema, target, stage, visit, progress, cancellationToken);
        if (reader.ArchiveChecksum != _checksum)
        {
            throw SnapshotErrors.Bad(_name, "it was changed while it was read");
        }
    }

    /// <summary>Whether the archive holds a record with an id.</summary>
    public bool Contains(ReadOnlySpan<byte> id) => Array.BinarySearch(_ids, HashOf(id)) >= 0;

    /// <summary>The record's place in the order of creation, from 0.</summary>
    public int RankOf(ArchivedRecord record) => Array.BinarySearch(_created, record.CreatedSequence) is var rank and >= 0
        ? rank
        : throw SnapshotErrors.Bad(_name, "it was changed while it was read");

    /// <summary>Refuses a collection with other fields, dimensions or metrics, or with too little room.</summary>
    public void CheckFits(CollectionSchema target)
    {
        if (SnapshotDescription.Difference(Schema, target) is { } difference)
        {
            throw SnapshotErrors.Bad(_name, $"it cannot be restored into the collection \"{target.Name}\": {difference}");
        }

        if (target.Capacity is { } capacity && Count > capacity)
        {
            throw new HypervexException(
                ErrorCode.CapacityExceeded,
                $"The snapshot holds {Count} records; the collection \"{target.Name}\" has a capacity of {capacity}. Restore it into another collection.");
        }
    }

    private static void ReadAll(
        ArchiveReader reader, CollectionSchema source, CollectionSchema target, SnapshotStage stage, Action<ArchivedRecord> visit, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        while (reader.TryNext(out ReadOnlySpan<byte> body))
        {
            ArchivedRecord record;
            try
            {
                record = ArchivedRecord.Read(body, source, target);
            }
            catch (HypervexException exception)
            {
                throw reader.Bad($"record {reader.Records} cannot be stored: {exception.Message.TrimEnd('.')}");
            }

            visit(record);
            if (reader.Records % ReportEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report(new SnapshotProgress(stage, reader.Records, reader.Header.Records));
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        progress?.Report(new SnapshotProgress(stage, reader.Records, reader.Header.Records));
    }

    /// <summary>Half of a SHA-256: nobody can make two ids with the same one.</summary>
    private static UInt128 HashOf(ReadOnlySpan<byte> id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(id, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
