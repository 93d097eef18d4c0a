using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>
/// One collection's records over REST; made by <see cref="HypervexClient.Collection"/>.
/// Every method fails with <see cref="HypervexClientException"/>, which has the answer's status and stable code.
/// Thread safety: all members from any thread.
/// </summary>
public sealed class CollectionClient : IVectorCollection
{
    /// <summary>The collection that exists without being created.</summary>
    public const string DefaultName = "default";

    private readonly Connection _connection;
    private readonly string _path;

    internal CollectionClient(Connection connection, string name)
    {
        _connection = connection;
        _path = $"/api/v1/collections/{Uri.EscapeDataString(name)}/vectors";
        Name = name;
    }

    /// <summary>The collection's name.</summary>
    public string Name { get; }

    /// <summary>Creates a record; fails with <c>already_exists</c> when its id exists.</summary>
    /// <returns>The record as it is stored, with its id if it had none.</returns>
    public Task<RecordMessage> CreateAsync(RecordMessage record, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Post, _path, record, WireJson.Default.RecordMessage, WireJson.Default.RecordMessage, cancellationToken);

    /// <summary>Writes records in one atomic batch, whether or not their ids exist; at most 10,000.</summary>
    public Task<BatchAnswer> UpsertBatchAsync(IReadOnlyList<RecordMessage> records, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(
            HttpMethod.Post, _path + "/batch", new BatchMessage { Vectors = records }, WireJson.Default.BatchMessage, WireJson.Default.BatchAnswer, cancellationToken);

    /// <inheritdoc/>
    public async Task<long> ImportAsync(IAsyncEnumerable<RecordMessage> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        var lines = new ImportLines();
        long imported = 0;
        await foreach (RecordMessage record in records.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            lines.Add(record);
            if (lines.IsFull)
            {
                imported = await SendAsync(lines, imported, cancellationToken).ConfigureAwait(false);
            }
        }

        return lines.Count == 0 ? imported : await SendAsync(lines, imported, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<RecordMessage> ExportAsync(CancellationToken cancellationToken = default) =>
        _connection.ReadLinesAsync(_path + "/export", WireJson.Default.RecordMessage, cancellationToken);

    /// <summary>Reads a record; null when there is none.</summary>
    public async Task<RecordMessage?> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        GetAnswer answer = await GetAsync([id], cancellationToken: cancellationToken).ConfigureAwait(false);
        return answer.Vectors.Count == 0 ? null : answer.Vectors[0];
    }

    /// <summary>Reads records, at most 10,000.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="include">What is read of each: <c>metadata</c>, <c>document</c>, <c>vector</c>, <c>vectors</c>; null = all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<GetAnswer> GetAsync(IReadOnlyList<string> ids, IReadOnlyList<string>? include = null, CancellationToken cancellationToken = default) =>
        _connection.AskAsync(_path + "/get", new IdsMessage { VectorIds = ids, Include = include }, WireJson.Default.IdsMessage, WireJson.Default.GetAnswer, cancellationToken);

    /// <summary>Changes parts of a record; fails with <c>not_found</c> when there is none.</summary>
    /// <param name="id">The id.</param>
    /// <param name="update">What to change.</param>
    /// <param name="ifVersion">Change it only if it has this version, else fail with <c>version_mismatch</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The record as it is stored now.</returns>
    public Task<RecordMessage> UpdateAsync(string id, UpdateMessage update, string? ifVersion = null, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(
            HttpMethod.Put, PathOf(id), update, WireJson.Default.UpdateMessage, WireJson.Default.RecordMessage, cancellationToken, ifVersion);

    /// <summary>Deletes a record; fails with <c>not_found</c> when there is none.</summary>
    /// <param name="id">The id.</param>
    /// <param name="ifVersion">Delete it only if it has this version, else fail with <c>version_mismatch</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task DeleteAsync(string id, string? ifVersion = null, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Delete, PathOf(id), cancellationToken, ifVersion);

    /// <summary>Deletes records in one atomic batch, at most 10,000; ids without a record are passed over.</summary>
    /// <returns>Records deleted.</returns>
    public async Task<int> DeleteBatchAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        DeleteAnswer answer = await _connection.SendAsync(
            HttpMethod.Post, _path + "/delete", new IdsMessage { VectorIds = ids }, WireJson.Default.IdsMessage, WireJson.Default.DeleteAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Deleted;
    }

    /// <summary>Reads a page of records in order of creation.</summary>
    /// <param name="limit">Greatest number of records, 1 to 10,000.</param>
    /// <param name="cursor"><see cref="PageAnswer.NextCursor"/> of the page before; null = from the beginning.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<PageAnswer> ListAsync(int limit = 100, string? cursor = null, CancellationToken cancellationToken = default)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"?limit={limit}") + (cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor));
        return _connection.SendAsync(HttpMethod.Get, _path + query, WireJson.Default.PageAnswer, cancellationToken);
    }

    /// <summary>Reads a page of records that match, in order of creation or of a metadata field.</summary>
    public Task<PageAnswer> ListAsync(ListMessage list, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(list);
        (string Name, string? Value)[] parameters =
        [
            ("limit", list.Limit?.ToString(CultureInfo.InvariantCulture)),
            ("cursor", list.Cursor),
            ("filter", list.Filter?.ToJsonString()),
            ("order_by", list.OrderBy),
            ("order", list.Descending ? "desc" : null),
            ("include", list.Include is { } include ? string.Join(',', include) : null),
        ];
        string query = string.Join('&', parameters.Where(one => one.Value is not null).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}"));
        return _connection.SendAsync(HttpMethod.Get, $"{_path}?{query}", WireJson.Default.PageAnswer, cancellationToken);
    }

    /// <summary>Changes the metadata of the records that match a filter.</summary>
    /// <returns>Records that were changed; those that had the change already are not among them.</returns>
    public async Task<long> UpdateWhereAsync(FilteredUpdateMessage update, CancellationToken cancellationToken = default)
    {
        UpdateAnswer answer = await _connection.SendAsync(
            HttpMethod.Post, _path + "/update", update, WireJson.Default.FilteredUpdateMessage, WireJson.Default.UpdateAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Updated;
    }

    /// <summary>Deletes the records that match a filter, in atomic batches.</summary>
    /// <param name="filter">Which records; an empty object = all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Records deleted.</returns>
    public async Task<long> DeleteWhereAsync(JsonObject filter, CancellationToken cancellationToken = default)
    {
        DeleteAnswer answer = await _connection.SendAsync(
            HttpMethod.Post, _path + "/delete", new FilteredDeletionMessage { Filter = filter }, WireJson.Default.FilteredDeletionMessage, WireJson.Default.DeleteAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Deleted;
    }

    /// <summary>Reads records chosen at random, each with the same chance.</summary>
    public async Task<IReadOnlyList<RecordMessage>> SampleAsync(SampleMessage sample, CancellationToken cancellationToken = default)
    {
        SampleAnswer answer = await _connection.AskAsync(_path + "/sample", sample, WireJson.Default.SampleMessage, WireJson.Default.SampleAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Vectors;
    }

    /// <summary>Counts how often the values of a metadata field occur, the most frequent first.</summary>
    public Task<FacetsAnswer> CountValuesAsync(FacetsMessage facets, CancellationToken cancellationToken = default) =>
        _connection.AskAsync(_path + "/facets", facets, WireJson.Default.FacetsMessage, WireJson.Default.FacetsAnswer, cancellationToken);

    /// <summary>Counts records.</summary>
    /// <param name="filter">Only those that match; null = all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<long> CountAsync(JsonObject? filter = null, CancellationToken cancellationToken = default)
    {
        CountAnswer answer = await _connection.AskAsync(_path + "/count", new CountMessage { Filter = filter }, WireJson.Default.CountMessage, WireJson.Default.CountAnswer, cancellationToken).ConfigureAwait(false);
        return answer.Count;
    }

    /// <summary>Finds the nearest records, or chooses among near ones; for groups see <see cref="SearchGroupsAsync"/>.</summary>
    public Task<SearchAnswer> SearchAsync(SearchMessage search, CancellationToken cancellationToken = default) =>
        _connection.AskAsync(_path + "/search", search, WireJson.Default.SearchMessage, WireJson.Default.SearchAnswer, cancellationToken);

    /// <summary>Finds the groups whose best records are nearest; <see cref="SearchMessage.GroupBy"/> names the field.</summary>
    public Task<GroupsAnswer> SearchGroupsAsync(SearchMessage search, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentException.ThrowIfNullOrEmpty(search.GroupBy);
        return _connection.AskAsync(_path + "/search", search, WireJson.Default.SearchMessage, WireJson.Default.GroupsAnswer, cancellationToken);
    }

    /// <summary>Runs several searches, at most 1,000.</summary>
    public Task<SearchBatchAnswer> SearchBatchAsync(IReadOnlyList<SearchMessage> searches, CancellationToken cancellationToken = default) =>
        _connection.AskAsync(_path + "/search/batch", new SearchBatchMessage { Searches = searches }, WireJson.Default.SearchBatchMessage, WireJson.Default.SearchBatchAnswer, cancellationToken);

    /// <summary>What the collection holds.</summary>
    public Task<StatsAnswer> GetStatsAsync(CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Get, _path + "/stats", WireJson.Default.StatsAnswer, cancellationToken);

    // Sent twice, the same records are the same.
    private async Task<long> SendAsync(ImportLines lines, long before, CancellationToken cancellationToken)
    {
        try
        {
            ImportAnswer answer = await _connection.SendLinesAsync(_path + "/import", lines.Bytes, WireJson.Default.ImportAnswer, cancellationToken).ConfigureAwait(false);
            lines.Clear();
            return before + answer.Imported;
        }
        catch (HypervexClientException error)
        {
            throw new HypervexClientException(error.Status, error.Code, error.Message, error) { RetryAfter = error.RetryAfter, Imported = before + (error.Imported ?? 0) };
        }
    }

    private string PathOf(string id) => $"{_path}/{Uri.EscapeDataString(id)}";
}
