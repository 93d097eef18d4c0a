using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Checks the manifest and the snapshots of the checkpoint that it names. What does not check is replaced by a new checkpoint of what is in memory.
/// Thread safety: none.
/// </summary>
internal sealed class ScrubOfCheckpoint(IFileSystem files, string directory, Partition partition, ScrubSteps steps, ScrubTally tally)
{
    private const string Replaced = "It has been replaced by a new checkpoint.";
    private const string WhatToDo = "No record is lost by that: the next checkpoint replaces it, or the next opening replays the log. Run `hypervex checkpoint`.";

    private readonly List<VerifyFinding> _findings = [];

    public void Run()
    {
        CheckManifest();
        if (partition.Checkpointer.Last is { } checkpoint)
        {
            CheckSnapshots(checkpoint);
        }

        if (_findings.Count > 0)
        {
            bool isReplaced = TryReplace();
            _findings.ForEach(finding => tally.Add(finding with { Message = $"{finding.Message} {(isReplaced ? Replaced : WhatToDo)}" }, isReplaced));
        }
    }

    private void CheckSnapshots(CheckpointEntry checkpoint)
    {
        Check(DatabasePaths.RecordsSnapshot(directory, checkpoint.Number), checkpoint, new SnapshotHeader(SnapshotKind.Records, 0, partition.CollectionId, checkpoint.Number, 0), checkpoint.Records);
        foreach (FieldSnapshot field in checkpoint.Fields)
        {
            Check(
                DatabasePaths.IndexSnapshot(directory, field.Field, checkpoint.Number),
                checkpoint,
                new SnapshotHeader(SnapshotKind.FieldIndex, 0, partition.CollectionId, checkpoint.Number, field.Field),
                field.File);
            if (field.Codes is { } codes)
            {
                Check(
                    DatabasePaths.CodesSnapshot(directory, field.Field, checkpoint.Number),
                    checkpoint,
                    new SnapshotHeader(SnapshotKind.FieldCodes, 0, partition.CollectionId, checkpoint.Number, field.Field),
                    codes);
            }
        }

        for (int i = 0; i < checkpoint.FieldIndexes.Count; i++)
        {
            Check(
                DatabasePaths.ValuesSnapshot(directory, i, checkpoint.Number),
                checkpoint,
                new SnapshotHeader(SnapshotKind.FieldValues, 0, partition.CollectionId, checkpoint.Number, (uint)i),
                checkpoint.FieldIndexes[i].File);
        }
    }

    /// <summary>Between two steps, since it waits for a compaction, which waits for steps.</summary>
    private bool TryReplace()
    {
        try
        {
            return partition.Log.Failed is null && partition.Checkpointer.Run(steps.Closing, isDue: true);
        }
        catch (HypervexException)
        {
            return false; // the findings say what to do
        }
    }

    private void CheckManifest() => steps.Run(() =>
    {
        string path = DatabasePaths.Manifest(directory);
        if (!partition.Checkpointer.Exclusive.TryEnter())
        {
            return 0; // it is about to be replaced
        }

        try
        {
            if (partition.Checkpointer.Last is null && !files.FileExists(path) && !files.FileExists(path + DatabasePaths.PreviousSuffix))
            {
                return 0; // a new collection has none
            }

            if (Manifest.Load(files, directory, out string? damage) is null)
            {
                _findings.Add(new VerifyFinding(path, "Neither the manifest nor its previous copy can be read."));
            }
            else if (damage is not null)
            {
                _findings.Add(new VerifyFinding(path, damage + "."));
            }
            else if (Manifest.InspectPrevious(files, directory) is { } previous)
            {
                _findings.Add(new VerifyFinding(path + DatabasePaths.PreviousSuffix, previous + ".")); // the replacement puts the manifest in its place
            }

            return 0;
        }
        catch (HypervexException exception)
        {
            _findings.Add(new VerifyFinding(path, exception.Message));
            return 0;
        }
        finally
        {
            partition.Checkpointer.Exclusive.Exit();
        }
    });

    private void Check(string path, CheckpointEntry checkpoint, SnapshotHeader header, SnapshotFile expected)
    {
        SnapshotReader? reader = null;
        var buffer = new byte[ScrubSteps.Bytes];
        int read = -1;
        try
        {
            while (read != 0 && partition.Checkpointer.Last == checkpoint)
            {
                steps.Run(() =>
                {
                    reader ??= new SnapshotReader(files, path, header, expected.Bytes, expected.Checksum);
                    return read = reader.Read(buffer);
                });
            }
        }
        catch (HypervexException exception) when (exception.Code is ErrorCode.Damaged or ErrorCode.StorageUnavailable)
        {
            // Files go only after a newer checkpoint has been put in force.
            if (partition.Checkpointer.Last == checkpoint)
            {
                _findings.Add(new VerifyFinding(path, exception.Message));
            }
        }
        finally
        {
            reader?.Dispose();
        }
    }
}
