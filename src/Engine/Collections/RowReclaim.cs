namespace Hypervex.Collections;

/// <summary>Placeholder</summary>
internal sealed class RowReclaim(Partition partition, PartitionWriter writer, OperationGate gate, DatabaseOptions options)
{
    public void LetGo(CancellationToken cancellationToken) { _ = partition; _ = cancellationToken; }
    public long Run(CancellationToken cancellationToken) { _ = writer; _ = gate; _ = options; return cancellationToken.IsCancellationRequested ? 0 : 0; }
}
