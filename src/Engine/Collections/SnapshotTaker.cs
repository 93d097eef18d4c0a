using System.Globalization;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Copies a partition as it is at one sequence into an archive while it is read and written (docs/formats/snapshot.md, "Writing"). Memory: 8 bytes a
/// record for the places in the log, and one block. Thread safety: all members; the caller's pass keeps segments from being removed.
/// </summary>
internal sealed class SnapshotTaker(Partition partition, Func<CollectionSchema> schema, TimeProvider time)
{
    private const int ReportEvery = 4096;
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(50);

    /// <summary>The control of the tests: the table is frozen after the first report of progress, when it has gone beyond the sequence.</summary>
    internal bool FreezesLate { get; init; }

    /// <summary>Writes the archive into a file that gets its name when it is whole and durable, in place of an older one.</summary>
    public SnapshotReport WriteTo(IFileSystem files, string path, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        string directory = Path.GetDirectoryName(path) ?? throw new HypervexException(ErrorCode.InvalidArgument, $"{path} is not a path of a file.");
        string prefix = Path.GetFileName(path) + ".";
        foreach (string name in files.DirectoryExists(directory) ? files.ListFiles(directory) : [])
        {
            if (IsLeftover(name, prefix))
            {
                files.DeleteFile(Path.Combine(directory, name));
            }
        }

        // A name of its own: two snapshots with one target may fail each other, but never name half a file.
        string temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{DatabasePaths.Hex(Log.NewNonce())}{DatabasePaths.TemporarySuffix}");
        try
        {
            SnapshotReport report;
            using (IFile file = files.Open(temporary, OpenMode.CreateNew))
            {
                report = WriteTo(new FileContent(file), progress, cancellationToken);
                KillPoint.Hit(KillPlace.SnapshotBeforeSync);
                file.Sync();
            }

            KillPoint.Hit(KillPlace.SnapshotBeforeRename);
            files.Rename(temporary, path);
            KillPoint.Hit(KillPlace.SnapshotAfterRename);
            files.SyncDirectory(directory);
            return report;
        }
        catch
        {
            TryDelete(files, temporary);
            throw;
        }
    }

    /// <summary>Writes the archive to a stream; what has been written is durable in the collection's log when this returns.</summary>
    public SnapshotReport WriteTo(Stream target, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        FrozenRecords frozen = Freeze(out ulong sequence, out HashSet<uint> expired, cancellationToken);
        if (FreezesLate)
        {
            frozen.Dispose();
            progress?.Report(new SnapshotProgress(SnapshotStage.Writing, 0, frozen.Count));
            frozen = partition.Records.Freeze();
        }

        using (frozen)
        {
            return WriteTo(target, frozen, expired, sequence, progress, cancellationToken);
        }
    }

    private SnapshotReport WriteTo(Stream target, FrozenRecords frozen, HashSet<uint> expired, ulong sequence, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
    {
        CollectionSchema described = schema(); // after the freezing: it knows every dimension that a frozen record has
        long takenAtMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        RecordLocation[] places = PlacesOf(frozen, expired);
        var archive = new ArchiveWriter(target, new ArchiveHeader(Log.NewNonce(), places.Length, sequence, takenAtMs), SnapshotDescription.Write(described));
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            foreach (RecordLocation place in places)
            {
                if (archive.Records % ReportEvery == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress?.Report(new SnapshotProgress(SnapshotStage.Writing, archive.Records, places.Length));
                }

                Copy(place, FreezesLate ? ulong.MaxValue : sequence, buffer, archive);
            }
        }
        finally
        {
            buffer.Return();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (partition.Log.DurableSequence < sequence)
        {
            partition.Log.Sync();
        }

        long bytes = archive.Finish();
        progress?.Report(new SnapshotProgress(SnapshotStage.Writing, archive.Records, archive.Records));
        return new SnapshotReport
        {
            Collection = described.Name,
            Sequence = sequence,
            Records = archive.Records,
            Bytes = bytes,
            TakenAt = DateTimeOffset.FromUnixTimeMilliseconds(takenAtMs),
        };
    }

    /// <summary>Freezes the table between two batches, with the slots whose records have expired and are not deleted yet.</summary>
    private FrozenRecords Freeze(out ulong sequence, out HashSet<uint> expired, CancellationToken cancellationToken)
    {
        while (!partition.Whole.TryEnter(s_patience))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        try
        {
            lock (partition.Still) // a record may move to another slot between two batches
            {
                sequence = partition.AppliedSequence;
                expired = [.. partition.FieldIndexes.Expiries.Due(partition.NowMs)];
                return partition.Records.Freeze();
            }
        }
        finally
        {
            partition.Whole.Exit();
        }
    }

    /// <summary>In the order in which the frames stand in the files.</summary>
    private static RecordLocation[] PlacesOf(FrozenRecords frozen, HashSet<uint> expired)
    {
        var places = new ulong[frozen.Count];
        int count = 0;
        for (uint slot = 0; slot < frozen.SlotCount; slot++)
        {
            if (frozen.TryGet(slot, out RecordTable.Found found) && !expired.Contains(slot))
            {
                places[count++] = found.Location.Packed;
            }
        }

        Array.Sort(places, 0, count);
        return Array.ConvertAll(places[..count], packed => new RecordLocation(packed));
    }

    private void Copy(RecordLocation location, ulong sequence, FrameBuffer buffer, ArchiveWriter archive)
    {
        ReadOnlySpan<byte> frame = partition.Log.Read(location, buffer, out FrameHeader header);
        ReadOnlySpan<byte> body = frame.Slice(FrameHeader.Size, header.BodyLength);
        RecordBody record = Partition.ReadPut(header, body);
        if (header.Sequence > sequence)
        {
            throw new HypervexException(ErrorCode.Damaged, $"A record of a snapshot at sequence {sequence} leads to a frame of sequence {header.Sequence}. Run `hypervex verify`.");
        }

        byte[] copy = body.ToArray();
        RecordBody.WriteFixed(copy, record.Fixed with { VectorsSequence = 0 });
        archive.Write(copy);
    }

    private static bool IsLeftover(string name, string prefix)
    {
        const int Digits = 16;
        return name.Length == prefix.Length + Digits + DatabasePaths.TemporarySuffix.Length
            && name.StartsWith(prefix, StringComparison.Ordinal)
            && name.EndsWith(DatabasePaths.TemporarySuffix, StringComparison.Ordinal)
            && DatabasePaths.TryParseHex(name.AsSpan(prefix.Length, Digits), out _);
    }

    private static void TryDelete(IFileSystem files, string path)
    {
        try
        {
            if (files.FileExists(path))
            {
                files.DeleteFile(path);
            }
        }
        catch (HypervexException)
        {
            // The next snapshot with this target removes it.
        }
    }
}
