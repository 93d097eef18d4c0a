using System.Text.Json.Nodes;
using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>
/// The records of one collection, wherever it is: code that is written against this runs over a server (<see cref="CollectionClient"/>) or over a database in its own process (the package Hypervex.Embedded).
/// Every method fails with <see cref="HypervexClientException"/>, which has the stable code of docs/errors.md.
/// Thread safety: all members from any thread.
/// </summary>
public interface IVectorCollection
{
    /// <summary>The collection's name.</summary>
    string Name { get; }

    /// <summary>Creates a record; fails with <c>already_exists</c> when its id exists.</summary>
    /// <returns>The record as it is stored, with its id if it had none.</returns>
    Task<RecordMessage> CreateAsync(RecordMessage record, CancellationToken cancellationToken = default);

    /// <summary>Writes records in one atomic batch, whether or not their ids exist; at most 10,000.</summary>
    Task<BatchAnswer> UpsertBatchAsync(IReadOnlyList<RecordMessage> records, CancellationToken cancellationToken = default);

    /// <summary>Writes any number of records, batch by batch while they come, and keeps the times at which they were created.</summary>
    /// <param name="records">The records; each is read once.</param>
    /// <param name="cancellationToken">Stops; what is written by then stays.</param>
    /// <returns>Records written.</returns>
    /// <exception cref="HypervexClientException">A record was refused; <see cref="HypervexClientException.Imported"/> says how many before it are written.</exception>
    Task<long> ImportAsync(IAsyncEnumerable<RecordMessage> records, CancellationToken cancellationToken = default);

    /// <summary>Reads every record in order of creation, while the caller takes them.</summary>
    IAsyncEnumerable<RecordMessage> ExportAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads a record; null when there is none.</summary>
    Task<RecordMessage?> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Reads records, at most 10,000.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="include">What is read of each: <c>metadata</c>, <c>document</c>, <c>vector</c>, <c>vectors</c>; null = all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<GetAnswer> GetAsync(IReadOnlyList<string> ids, IReadOnlyList<string>? include = null, CancellationToken cancellationToken = default);

    /// <summary>Changes parts of a record; fails with <c>not_found</c> when there is none.</summary>
    /// <param name="id">The id.</param>
    /// <param name="update">What to change.</param>
    /// <param name="ifVersion">Change it only if it has this version, else fail with <c>version_mismatch</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The record as it is stored now.</returns>
    Task<RecordMessage> UpdateAsync(string id, UpdateMessage update, string? ifVersion = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a record; fails with <c>not_found</c> when there is none.</summary>
    /// <param name="id">The id.</param>
    /// <param name="ifVersion">Delete it only if it has this version, else fail with <c>version_mismatch</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task DeleteAsync(string id, string? ifVersion = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes records in one atomic batch, at most 10,000; ids without a record are passed over.</summary>
    /// <returns>Records deleted.</returns>
    Task<int> DeleteBatchAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default);

    /// <summary>Deletes the records that match a filter, in atomic batches.</summary>
    /// <param name="filter">Which records; an empty object = all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Records deleted.</returns>
    Task<long> DeleteWhereAsync(JsonObject filter, CancellationToken cancellationToken = default);

    /// <summary>Changes the metadata of the records that match a filter.</summary>
    /// <returns>Records that were changed; those that had the change already are not among them.</returns>
    Task<long> UpdateWhereAsync(FilteredUpdateMessage update, CancellationToken cancellationToken = default);

    /// <summary>Reads a page of records that match, in order of creation or of a metadata field.</summary>
    Task<PageAnswer> ListAsync(ListMessage list, CancellationToken cancellationToken = default);

    /// <summary>Counts records.</summary>
    /// <param name="filter">Only those that match; null = all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<long> CountAsync(JsonObject? filter = null, CancellationToken cancellationToken = default);

    /// <summary>Counts how often the values of a metadata field occur, the most frequent first.</summary>
    Task<FacetsAnswer> CountValuesAsync(FacetsMessage facets, CancellationToken cancellationToken = default);

    /// <summary>Reads records chosen at random, each with the same chance.</summary>
    Task<IReadOnlyList<RecordMessage>> SampleAsync(SampleMessage sample, CancellationToken cancellationToken = default);

    /// <summary>Finds the nearest records, or chooses among near ones; for groups see <see cref="SearchGroupsAsync"/>.</summary>
    Task<SearchAnswer> SearchAsync(SearchMessage search, CancellationToken cancellationToken = default);

    /// <summary>Finds the groups whose best records are nearest; <see cref="SearchMessage.GroupBy"/> names the field.</summary>
    Task<GroupsAnswer> SearchGroupsAsync(SearchMessage search, CancellationToken cancellationToken = default);

    /// <summary>Runs several searches, at most 1,000.</summary>
    Task<SearchBatchAnswer> SearchBatchAsync(IReadOnlyList<SearchMessage> searches, CancellationToken cancellationToken = default);
}
