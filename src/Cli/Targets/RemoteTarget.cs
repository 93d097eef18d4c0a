namespace Hypervex.Cli.Targets;

internal sealed class RemoteTarget(Uri url) : IDatabaseTarget
{
    public string Location => url.ToString();
    public Task<IReadOnlyList<string>> ListCollectionsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<CollectionSummary> DescribeAsync(string collection, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task CreateCollectionAsync(string collection, CollectionOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<bool> DropCollectionAsync(string collection, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task UpsertAsync(string collection, IReadOnlyList<VectorRecord> records, Durability? durability, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task FlushAsync(string collection, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<VectorRecord?> GetAsync(string collection, string id, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<bool> DeleteAsync(string collection, string id, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<IReadOnlyList<SearchHit>> SearchAsync(string collection, SearchQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<RecordPage> ListAsync(string collection, ListOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
