namespace Hypervex.FaultDriver;

/// <summary>Does the workload's operations on a database. Thread safety: all members.</summary>
internal sealed class OperationRunner(Database database)
{
    private static readonly QuantizationKind[] s_codes = [QuantizationKind.None, QuantizationKind.Sq8, QuantizationKind.Binary, QuantizationKind.Sq4];

    private readonly Collection _collection = database.GetOrCreateCollection(Workload.Collection, CollectionOptions.Create(null, Metric.L2));

    /// <summary>Runs an operation to its acknowledgement.</summary>
    public Acknowledgement Run(int writer, int number, Operation operation)
    {
        (ulong sequence, int count) = Run(writer, operation);
        return new Acknowledgement(writer, number, sequence, count);
    }

    private (ulong Sequence, int Count) Run(int writer, Operation operation)
    {
        switch (operation.Kind)
        {
            case OperationKind.Upsert when operation.Ids.Count == 1:
                return (_collection.Upsert(RecordContent.Make(operation.Ids[0], operation.Stamp)).Sequence, 1);
            case OperationKind.Upsert:
                BatchAck upserted = _collection.UpsertBatch([.. operation.Ids.Select(id => RecordContent.Make(id, operation.Stamp))]);
                return (upserted.Sequence, upserted.Count);
            case OperationKind.Delete:
                BatchAck deleted = _collection.DeleteBatch(operation.Ids);
                return (deleted.Sequence, deleted.Count);
            case OperationKind.ChangeMetadata:
                return Update(operation.Ids[0], RecordContent.Change(operation.Stamp));
            case OperationKind.Rewrite:
                VectorRecord record = RecordContent.Make(operation.Ids[0], operation.Stamp);
                return Update(record.Id, new RecordUpdate
                {
                    Vector = record.Vector,
                    Metadata = record.Metadata,
                    MetadataMode = MetadataMode.Replace,
                    Document = record.Document ?? "", // null would keep the old one
                });
            case OperationKind.Flush:
                _collection.Flush();
                return (0, 0);
            case OperationKind.Checkpoint:
                // Codes that are being trained, replaced or given up whenever the end comes.
                _collection.Alter(new CollectionChanges { Quantization = new Dictionary<string, QuantizationKind> { [""] = s_codes[operation.Stamp % s_codes.Length] } });
                _collection.Checkpoint();
                return (0, 0);
            case OperationKind.Compact:
                _collection.Compact();
                return (0, 0);
            case OperationKind.Snapshot:
                TakeSnapshot(writer);
                return (0, 0);
            case OperationKind.CreateCollection:
                database.GetOrCreateCollection(operation.Ids[0], CollectionOptions.Create(2, Metric.Cosine));
                return (0, 1);
            case OperationKind.DropCollection:
                return (0, database.DropCollection(operation.Ids[0]) ? 1 : 0);
            default:
                throw new InvalidOperationException($"unknown operation {operation.Kind}");
        }
    }

    /// <summary>A snapshot that cannot be restored whole ends the driver with an error that no test takes for a fault.</summary>
    private void TakeSnapshot(int writer)
    {
        string file = $"{database.Path ?? Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"))}.writer{writer}.hvx";
        try
        {
            SnapshotReport report = _collection.Snapshot(file);
            using Database memory = Database.CreateInMemory();
            RestoreReport restored = memory.Restore(file);
            foreach (VectorRecord record in memory.GetCollection(Workload.Collection).List(new ListOptions { Limit = Limits.MaxPage }).Records)
            {
                RecordContent.Read(record, out string? problem);
                if (problem is not null)
                {
                    throw new InvalidOperationException($"a snapshot holds what nobody wrote: {problem}");
                }
            }

            if (restored.Records != report.Records)
            {
                throw new InvalidOperationException($"a snapshot of {report.Records} records brought back {restored.Records}");
            }
        }
        finally
        {
            if (database.Path is null)
            {
                File.Delete(file);
            }
        }
    }

    private (ulong Sequence, int Count) Update(string id, RecordUpdate update)
    {
        try
        {
            return (_collection.Update(id, update).Sequence, 1);
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.NotFound)
        {
            return (0, 0);
        }
    }
}
