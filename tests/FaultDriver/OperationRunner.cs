namespace Hypervex.FaultDriver;

/// <summary>Does the workload's operations on a database. Thread safety: all members.</summary>
internal sealed class OperationRunner(Database database)
{
    private readonly Collection _collection = database.GetOrCreateCollection(Workload.Collection, CollectionOptions.Create(null, Metric.L2));

    /// <summary>Runs an operation to its acknowledgement.</summary>
    public Acknowledgement Run(int writer, int number, Operation operation)
    {
        (ulong sequence, int count) = Run(operation);
        return new Acknowledgement(writer, number, sequence, count);
    }

    private (ulong Sequence, int Count) Run(Operation operation)
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
                _collection.Checkpoint();
                return (0, 0);
            case OperationKind.Compact:
                _collection.Compact();
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
