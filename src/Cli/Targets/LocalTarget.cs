using Hypervex.Client;
using Hypervex.Embedded;

namespace Hypervex.Cli.Targets;

/// <summary>A data directory, opened in this process.</summary>
internal sealed class LocalTarget : IDatabaseTarget
{
    private readonly string _path;

    private LocalTarget(string path, Database database)
    {
        _path = path;
        Database = database;
    }

    /// <summary>The open database.</summary>
    public Database Database { get; }

    /// <inheritdoc/>
    public string Location => _path;

    /// <inheritdoc/>
    public long MaxBatchBytes => Limits.MaxBatchBytes / 2;

    /// <summary>Opens a data directory.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mayCreate">Whether it is created when it does not exist; otherwise that is an error.</param>
    /// <param name="options">Settings of the open database.</param>
    public static LocalTarget Open(string path, bool mayCreate, DatabaseOptions? options = null)
    {
        if (!mayCreate)
        {
            RequireDirectory(path);
        }

        return Unlocked(path, () => new LocalTarget(path, Database.Open(path, options)));
    }

    /// <summary>Looks for damage in a directory that nobody has open, and repairs it when told to.</summary>
    public static RepairReport Repair(string path, bool apply) => Unlocked(path, () => Database.Repair(path, apply));

    /// <summary>Refuses a data directory that does not exist.</summary>
    public static void RequireDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            throw CommandException.NotFound(
                "database_not_found",
                $"There is no data directory \"{path}\". `hypervex create --data {path}` or `hypervex import FILE --data {path}` makes one; --data names another.");
        }
    }

    private static T Unlocked<T>(string path, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Locked)
        {
            throw CommandException.Create("locked", LockHolder.Describe(path), ExitCode.Locked);
        }
    }

    /// <inheritdoc/>
    public IVectorCollection Records(string collection) => new EmbeddedCollection(Database.GetCollection(collection));

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListCollectionsAsync(CancellationToken cancellationToken) => Task.FromResult(Database.ListCollections());

    /// <inheritdoc/>
    public Task<CollectionSummary> DescribeAsync(string collection, CancellationToken cancellationToken) =>
        Task.FromResult(CollectionSummary.From(Database.GetCollection(collection), Database.OpenFiles));

    /// <inheritdoc/>
    public Task CreateCollectionAsync(string collection, CollectionOptions options, CancellationToken cancellationToken)
    {
        Database.CreateCollection(collection, options);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task AlterCollectionAsync(string collection, CollectionChanges changes, CancellationToken cancellationToken)
    {
        Collection altered = Database.GetCollection(collection);
        altered.Alter(changes);
        altered.WaitForIndex(cancellationToken); // closing the directory would give the training up
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> DropCollectionAsync(string collection, CancellationToken cancellationToken) =>
        Task.FromResult(Database.DropCollection(collection));

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, string>> ListAliasesAsync(CancellationToken cancellationToken) => Task.FromResult(Database.ListAliases());

    /// <inheritdoc/>
    public Task ChangeAliasesAsync(IReadOnlyDictionary<string, string?> changes, CancellationToken cancellationToken)
    {
        Database.ChangeAliases(changes);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<FieldIndexState>> ListFieldIndexesAsync(string collection, CancellationToken cancellationToken)
    {
        Collection records = Database.GetCollection(collection);
        records.WaitForFieldIndexes(cancellationToken); // they are built anew when a directory is opened
        return Task.FromResult(records.GetStats().FieldIndexes);
    }

    /// <inheritdoc/>
    public async Task<FieldIndexState> CreateFieldIndexAsync(string collection, string field, FieldIndexType type, CancellationToken cancellationToken)
    {
        Database.GetCollection(collection).CreateFieldIndex(field, type);
        return (await ListFieldIndexesAsync(collection, cancellationToken).ConfigureAwait(false)).First(index => index.Field == field);
    }

    /// <inheritdoc/>
    public Task<bool> DropFieldIndexAsync(string collection, string field, CancellationToken cancellationToken) =>
        Task.FromResult(Database.GetCollection(collection).DropFieldIndex(field));

    /// <inheritdoc/>
    public async Task UpsertAsync(string collection, IReadOnlyList<VectorRecord> records, Durability? durability, CancellationToken cancellationToken)
    {
        var options = new WriteOptions { Durability = durability, KeepCreatedAt = true };
        await Database.GetCollection(collection).UpsertBatchAsync(records, options, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task FlushAsync(string collection, CancellationToken cancellationToken)
    {
        Database.GetCollection(collection).Flush();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<VectorRecord?> GetAsync(string collection, string id, CancellationToken cancellationToken) =>
        Task.FromResult(Database.GetCollection(collection).Get(id));

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string collection, string id, CancellationToken cancellationToken) =>
        await Database.GetCollection(collection).DeleteAsync(id, cancellationToken: cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<FoundHits> SearchAsync(string collection, SearchQuery query, CancellationToken cancellationToken)
    {
        Collection records = Database.GetCollection(collection);
        SearchOptions options = query.Options with { CancellationToken = cancellationToken };
        if (options.Filter is not null || query.GroupBy is not null)
        {
            records.WaitForFieldIndexes(cancellationToken); // they are built anew when a directory is opened; building them takes as long as reading the records
        }

        var request = new SearchRequest { Query = query.Vector, Id = query.Id, K = query.K, Options = options };
        if (query.GroupBy is { } field)
        {
            GroupedHits groups = records.SearchGroups(request, field, query.GroupSize);
            return Task.FromResult(new FoundHits([], groups.Report.LimitedBy == SearchLimit.MaxDistances ? "max_distances" : null, null, null, groups.Groups));
        }

        SearchHits hits = query.Positive is { } positive
            ? records.Recommend(new RecommendRequest { Positive = [.. positive.Select(Example.Of)], Negative = [.. query.Negative.Select(Example.Of)], Strategy = query.Strategy, K = query.K, Options = options })
            : query.Diversity is { } diversity ? records.SearchDiverse(request, diversity)
            : query.Vector is { } vector ? records.Search(vector, query.K, options) : records.SearchById(query.Id!, query.K, options);
        string? limitedBy = hits.Report.LimitedBy switch
        {
            SearchLimit.MaxDistances => "max_distances",
            SearchLimit.K => "top_k",
            _ => null,
        };
        return Task.FromResult(new FoundHits(hits, limitedBy, options.TargetRecall == 0 ? null : hits.Report.Ef, hits.Explanation));
    }

    /// <inheritdoc/>
    public Task<long> UpdateWhereAsync(string collection, Filter filter, MetadataObject metadata, MetadataMode mode, CancellationToken cancellationToken) =>
        Task.FromResult(Database.GetCollection(collection).UpdateWhere(filter, metadata, mode, cancellationToken: cancellationToken));

    /// <inheritdoc/>
    public Task<IReadOnlyList<VectorRecord>> SampleAsync(string collection, int count, Filter? filter, int? seed, CancellationToken cancellationToken) =>
        Task.FromResult(Database.GetCollection(collection).Sample(count, filter, seed, Include.Metadata | Include.Document, cancellationToken));

    /// <inheritdoc/>
    public Task<RecordPage> ListAsync(string collection, ListOptions options, CancellationToken cancellationToken) =>
        Task.FromResult(Database.GetCollection(collection).List(options));

    /// <summary>Closes a directory that this process has made, and removes it while nothing is in it: nobody else can have it open meanwhile.</summary>
    public async ValueTask AbandonAsync()
    {
        if (Database.ListCollections().Count == 0)
        {
            try
            {
                Directory.Delete(_path, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // An empty database stays, as on systems that do not delete what is open; it harms nobody.
            }
        }

        await DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
