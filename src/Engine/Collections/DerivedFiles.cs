using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The files of a partition that are derived from its log: manifest, snapshots, chunks. Reads all that the manifest names and checks every
/// checksum; and, when asked to, every row against its own; against the log they are checked by <see cref="CollectionVerifier"/>. Thread safety: none.
/// </summary>
internal sealed class DerivedFiles(IFileSystem files, string partition, ulong collectionId)
{
    private readonly List<VerifyFinding> _findings = [];

    /// <param name="rows">Whether chunks are read as well, each row against its checksum.</param>
    public List<VerifyFinding> Check(bool rows)
    {
        string path = DatabasePaths.Manifest(partition);
        if (!files.FileExists(path) && !files.FileExists(path + DatabasePaths.PreviousSuffix))
        {
            return _findings; // never closed, never checkpointed
        }

        if (Manifest.Load(files, partition, out string? damage) is not { } manifest)
        {
            _findings.Add(new VerifyFinding(path, damage ?? "neither the manifest nor its previous copy can be read"));
            return _findings;
        }

        if (damage is not null)
        {
            _findings.Add(new VerifyFinding(path, damage));
        }

        if (Manifest.InspectPrevious(files, partition) is { } previous)
        {
            _findings.Add(new VerifyFinding(path + DatabasePaths.PreviousSuffix, previous));
        }

        if (manifest.CollectionId != collectionId)
        {
            _findings.Add(new VerifyFinding(path, $"the manifest belongs to the collection {DatabasePaths.Hex(manifest.CollectionId)}"));
        }
        else if (manifest.Checkpoint is { } checkpoint)
        {
            CheckSnapshot(DatabasePaths.RecordsSnapshot(partition, checkpoint.Number), new SnapshotHeader(SnapshotKind.Records, 0, collectionId, checkpoint.Number, 0), checkpoint.Records);
            ChunkCheck? chunks = rows && files.CanMap && _findings.Count == 0 ? new ChunkCheck(files, partition, collectionId, checkpoint) : null;
            foreach (FieldSnapshot field in checkpoint.Fields)
            {
                CheckSnapshot(DatabasePaths.IndexSnapshot(partition, field.Field, checkpoint.Number), new SnapshotHeader(SnapshotKind.FieldIndex, 0, collectionId, checkpoint.Number, field.Field), field.File);
                if (field.Codes is { } codes)
                {
                    CheckSnapshot(DatabasePaths.CodesSnapshot(partition, field.Field, checkpoint.Number), new SnapshotHeader(SnapshotKind.FieldCodes, 0, collectionId, checkpoint.Number, field.Field), codes);
                }

                for (uint chunk = 0; chunk < field.Chunks; chunk++)
                {
                    string chunkPath = DatabasePaths.Chunk(DatabasePaths.FieldChunks(partition, field.Field), chunk);
                    if (files.CanMap && !files.FileExists(chunkPath))
                    {
                        _findings.Add(new VerifyFinding(chunkPath, "the chunk is missing"));
                    }
                    else if (chunks?.Check(field.Field, chunk) is { } problem)
                    {
                        _findings.Add(new VerifyFinding(chunkPath, problem));
                    }
                }
            }

            for (int i = 0; i < checkpoint.FieldIndexes.Count; i++)
            {
                CheckSnapshot(DatabasePaths.ValuesSnapshot(partition, i, checkpoint.Number), new SnapshotHeader(SnapshotKind.FieldValues, 0, collectionId, checkpoint.Number, (uint)i), checkpoint.FieldIndexes[i].File);
            }
        }

        return _findings;
    }

    /// <summary>
    /// Removes all that a checkpoint consists of: the next opening replays the log. The manifest stops vouching for it first; what it says about the log
    /// stays, if it can be read.
    /// </summary>
    public static void Remove(IFileSystem files, string partition)
    {
        if (Manifest.Load(files, partition) is { } readable)
        {
            readable.Forget(files, partition);
        }
        else
        {
            files.DeleteFile(DatabasePaths.Manifest(partition));
            files.DeleteFile(DatabasePaths.Manifest(partition) + DatabasePaths.PreviousSuffix);
            files.SyncDirectory(partition);
        }

        Checkpointer.RemoveOthers(files, partition, keep: 0);
        files.DeleteDirectory(DatabasePaths.Chunks(partition));
    }

    private void CheckSnapshot(string path, SnapshotHeader header, SnapshotFile expected)
    {
        try
        {
            using var reader = new SnapshotReader(files, path, header, expected.Bytes, expected.Checksum);
            reader.CopyTo(Stream.Null);
        }
        catch (Exception exception) when (exception is HypervexException { Code: ErrorCode.Damaged or ErrorCode.StorageUnavailable } or EndOfStreamException)
        {
            _findings.Add(new VerifyFinding(path, exception.Message));
        }
    }
}
