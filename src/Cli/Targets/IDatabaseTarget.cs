using Hypervex.Client;

namespace Hypervex.Cli.Targets;

/// <summary>
/// The database that a command works on: a data directory opened in this process, or a server. Failures are
/// <see cref="HypervexException"/>, <see cref="HypervexClientException"/> or <see cref="CommandException"/>.
/// </summary>
internal interface IDatabaseTarget : IAsyncDisposable
{
    /// <summary>The path or URL, for messages.</summary>
    string Location { get; }

    /// <summary>Bytes of one batch, by <see cref="Transfer.FileImport"/>'s estimate, that are certain to be accepted.</summary>
    long MaxBatchBytes { get; }

    /// <summary>The records of a collection, named by itself or by an alias, in the words of the wire.</summary>
    IVectorCollection Records(string collection);

    /// <summary>The collections' names in ordinal order.</summary>
    Task<IReadOnlyList<string>> ListCollectionsAsync(CancellationToken cancellationToken);

    /// <summary>Settings and sizes of a collection.</summary>
    Task<CollectionSummary> DescribeAsync(string collection, CancellationToken cancellationToken);

    /// <summary>Creates a collection whose name must be new.</summary>
    Task CreateCollectionAsync(string collection, CollectionOptions options, CancellationToken cancellationToken);

    /// <summary>Alters settings of a collection; a directory waits until new codes are trained.</summary>
    Task AlterCollectionAsync(string collection, CollectionChanges changes, CancellationToken cancellationToken);

    /// <summary>Removes a collection; false when there is none.</summary>
    Task<bool> DropCollectionAsync(string collection, CancellationToken cancellationToken);

    /// <summary>The collections' names by alias, in ordinal order of the aliases.</summary>
    Task<IReadOnlyDictionary<string, string>> ListAliasesAsync(CancellationToken cancellationToken);

    /// <summary>Changes aliases, all at once: by alias the collection that it is to stand for, or null to drop it.</summary>
    Task ChangeAliasesAsync(IReadOnlyDictionary<string, string?> changes, CancellationToken cancellationToken);

    /// <summary>The indexes of metadata fields.</summary>
    Task<IReadOnlyList<FieldIndexState>> ListFieldIndexesAsync(string collection, CancellationToken cancellationToken);

    /// <summary>Declares the index of a metadata field; a directory waits until it is built.</summary>
    Task<FieldIndexState> CreateFieldIndexAsync(string collection, string field, FieldIndexType type, CancellationToken cancellationToken);

    /// <summary>Ends the index of a metadata field; false when it has none.</summary>
    Task<bool> DropFieldIndexAsync(string collection, string field, CancellationToken cancellationToken);

    /// <summary>Writes one atomic batch; null durability = the database's default.</summary>
    Task UpsertAsync(string collection, IReadOnlyList<VectorRecord> records, Durability? durability, CancellationToken cancellationToken);

    /// <summary>Makes everything written so far durable.</summary>
    Task FlushAsync(string collection, CancellationToken cancellationToken);

    /// <summary>Reads a record; null when there is none.</summary>
    Task<VectorRecord?> GetAsync(string collection, string id, CancellationToken cancellationToken);

    /// <summary>Deletes a record; false when there is none.</summary>
    Task<bool> DeleteAsync(string collection, string id, CancellationToken cancellationToken);

    /// <summary>Finds the nearest records.</summary>
    Task<FoundHits> SearchAsync(string collection, SearchQuery query, CancellationToken cancellationToken);

    /// <summary>Changes the metadata of records that match; says how many were changed.</summary>
    Task<long> UpdateWhereAsync(string collection, Filter filter, MetadataObject metadata, MetadataMode mode, CancellationToken cancellationToken);

    /// <summary>Reads records chosen at random, without their vectors.</summary>
    Task<IReadOnlyList<VectorRecord>> SampleAsync(string collection, int count, Filter? filter, int? seed, CancellationToken cancellationToken);

    /// <summary>Reads a page of records.</summary>
    Task<RecordPage> ListAsync(string collection, ListOptions options, CancellationToken cancellationToken);
}
