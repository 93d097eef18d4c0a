using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Loads what a manifest names. Everything it reads is derived, so any fault is an answer (null: replay the log instead), never an error. Thread safety:
/// none; used while a partition opens.
/// </summary>
internal static class CheckpointLoader
{
    /// <summary>The record table of a checkpoint, with the fields' rows and graphs put in place; null when any part does not check.</summary>
    /// <param name="files">Where the files are.</param>
    /// <param name="directory">The partition's directory.</param>
    /// <param name="collectionId">The collection that the files must belong to.</param>
    /// <param name="checkpoint">What the manifest names.</param>
    /// <param name="fields">The fields, empty.</param>
    /// <param name="log">The log that the table's locations are in terms of.</param>
    /// <param name="atOnce">Whether the fields may be loaded by another thread while this one loads the table: of a million records either takes as long.</param>
    /// <param name="expiring">Slots whose record has a time at which it expires.</param>
    /// <param name="problem">What does not check.</param>
    public static RecordTable? Load(
        IFileSystem files, string directory, ulong collectionId, CheckpointEntry checkpoint, IReadOnlyCollection<VectorField> fields, Log log, bool atOnce, out List<uint> expiring, out string? problem)
    {
        Task loading = Task.CompletedTask;
        expiring = [];
        try
        {
            if (fields.Any(field => checkpoint.Fields.All(saved => saved.Field != field.Schema.Id)))
            {
                problem = "a vector field came after the checkpoint";
                return null;
            }

            if (checkpoint.Fields.Any(saved => fields.All(field => field.Schema.Id != saved.Field)))
            {
                // The previous copy of the description stands in for it: only the log can say which vectors there are.
                problem = "the collection's description is older than the checkpoint";
                return null;
            }

            void LoadFields()
            {
                foreach (VectorField field in fields)
                {
                    LoadField(files, directory, collectionId, checkpoint, checkpoint.Fields.First(saved => saved.Field == field.Schema.Id), field);
                }
            }

            if (atOnce)
            {
                loading = Task.Run(LoadFields);
            }

            RecordTable records = RecordsSnapshot.Load(
                files,
                DatabasePaths.RecordsSnapshot(directory, checkpoint.Number),
                new SnapshotHeader(SnapshotKind.Records, 0, collectionId, checkpoint.Number, 0),
                checkpoint.Records,
                checkpoint.Slots,
                log,
                expiring);
            if (!atOnce)
            {
                LoadFields();
            }

            loading.GetAwaiter().GetResult();
            problem = null;
            return records;
        }
        catch (Exception exception) when (exception is HypervexException { Code: ErrorCode.Damaged or ErrorCode.StorageUnavailable or ErrorCode.UnsupportedFormat }
            or EndOfStreamException or InvalidDataException)
        {
            problem = exception.Message;
            return null;
        }
        finally
        {
            // Whatever happened: the fields are the caller's to dispose, so nobody works on them any more.
            ((IAsyncResult)loading).AsyncWaitHandle.WaitOne();
        }
    }

    private static void LoadField(IFileSystem files, string directory, ulong collectionId, CheckpointEntry checkpoint, FieldSnapshot saved, VectorField field)
    {
        field.Rows.OpenExisting(saved.Chunks, checkpoint.Slots);
        using var reader = new SnapshotReader(
            files,
            DatabasePaths.IndexSnapshot(directory, saved.Field, checkpoint.Number),
            new SnapshotHeader(SnapshotKind.FieldIndex, 0, collectionId, checkpoint.Number, saved.Field),
            saved.File.Bytes,
            saved.File.Checksum);
        using SnapshotReader? codes = TryOpenCodes(files, directory, collectionId, checkpoint, saved);
        field.Index.Load(reader, codes);
        field.DistrustRows(checkpoint.Slots);
    }

    /// <summary>The codes of a field; null when there are none, or not the ones that the manifest names: then they are trained anew.</summary>
    private static SnapshotReader? TryOpenCodes(IFileSystem files, string directory, ulong collectionId, CheckpointEntry checkpoint, FieldSnapshot saved)
    {
        try
        {
            return saved.Codes is not { } codes ? null : new SnapshotReader(
                files,
                DatabasePaths.CodesSnapshot(directory, saved.Field, checkpoint.Number),
                new SnapshotHeader(SnapshotKind.FieldCodes, 0, collectionId, checkpoint.Number, saved.Field),
                codes.Bytes,
                codes.Checksum);
        }
        catch (HypervexException exception) when (exception.Code is ErrorCode.Damaged or ErrorCode.StorageUnavailable)
        {
            return null;
        }
    }
}
