using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Client;
using Hypervex.Wire;

namespace Hypervex.Embedded;

/// <summary>
/// A collection of a database in this process behind the interface of a server's, with the same defaults and errors: code that is written against <see cref="IVectorCollection"/> moves to a server by one line.
/// Reads and searches run on the caller's thread, as the engine's do; writes wait without one.
/// Thread safety: all members from any thread.
/// </summary>
/// <param name="collection">The collection; whoever has opened its database closes it.</param>
/// <example>
/// <code>
/// using var database = Database.Open("./vectors");
/// IVectorCollection docs = new EmbeddedCollection(database.GetOrCreateCollection("docs"));
/// // and over a server: IVectorCollection docs = new HypervexClient(new Uri("http://127.0.0.1:8080")).Collection("docs");
/// </code>
/// </example>
public sealed class EmbeddedCollection(Collection collection) : IVectorCollection
{
    private const int DefaultPage = 100;
    private const int DefaultSample = 10;
    private const int ImportBatch = 1_000;

    /// <inheritdoc/>
    public string Name => collection.Name;

    /// <inheritdoc/>
    public Task<RecordMessage> CreateAsync(RecordMessage record, CancellationToken cancellationToken = default) => RunAsync(async () =>
    {
        VectorRecord read = RecordMapping.Read(record);
        await collection.InsertAsync(read, cancellationToken: cancellationToken).ConfigureAwait(false);
        return Stored(read.Id);
    });

    /// <inheritdoc/>
    public Task<BatchAnswer> UpsertBatchAsync(IReadOnlyList<RecordMessage> records, CancellationToken cancellationToken = default) => RunAsync(async () =>
    {
        VectorRecord[] read = ReadAll(records);
        BatchAck ack = await collection.UpsertBatchAsync(read, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new BatchAnswer { Upserted = ack.Count, VectorIds = [.. read.Select(record => record.Id)], Superseded = ack.Superseded.Count == 0 ? null : ack.Superseded };
    });

    /// <inheritdoc/>
    public async Task<long> ImportAsync(IAsyncEnumerable<RecordMessage> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        long imported = 0;
        var batch = new List<RecordMessage>(ImportBatch);
        await foreach (RecordMessage record in records.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            batch.Add(record);
            if (batch.Count == ImportBatch)
            {
                imported += await WriteAsync(batch, imported, cancellationToken).ConfigureAwait(false);
                batch.Clear();
            }
        }

        return batch.Count == 0 ? imported : imported + await WriteAsync(batch, imported, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordMessage> ExportAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var list = new ListMessage();
        do
        {
            PageAnswer page = await ListAsync(list, cancellationToken).ConfigureAwait(false);
            foreach (RecordMessage record in page.Vectors)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return record;
            }

            list = list with { Cursor = page.NextCursor };
        }
        while (list.Cursor is not null);
    }

    /// <inheritdoc/>
    public Task<RecordMessage?> GetAsync(string id, CancellationToken cancellationToken = default) =>
        RunAsync(() => collection.Get(id) is { } record ? RecordMapping.Write(record, RecordView.All) : null, cancellationToken);

    /// <inheritdoc/>
    public Task<GetAnswer> GetAsync(IReadOnlyList<string> ids, IReadOnlyList<string>? include = null, CancellationToken cancellationToken = default) => RunAsync(
        () =>
        {
            ArgumentNullException.ThrowIfNull(ids);
            Check("the number of ids", ids.Count, 0, Limits.MaxBatch);
            var view = RecordView.Of(include, RecordView.All);
            var found = new List<RecordMessage>(ids.Count);
            var missing = new List<string>();
            foreach (string id in ids)
            {
                if (collection.Get(id, view.Include) is { } record)
                {
                    found.Add(RecordMapping.Write(record, view));
                }
                else
                {
                    missing.Add(id);
                }
            }

            return new GetAnswer { Vectors = found, Missing = missing };
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<RecordMessage> UpdateAsync(string id, UpdateMessage update, string? ifVersion = null, CancellationToken cancellationToken = default) => RunAsync(async () =>
    {
        await collection.UpdateAsync(id, RecordMapping.Read(update), Options(ifVersion), cancellationToken).ConfigureAwait(false);
        return Stored(id);
    });

    /// <inheritdoc/>
    public Task DeleteAsync(string id, string? ifVersion = null, CancellationToken cancellationToken = default) => RunAsync(async () =>
        await collection.DeleteAsync(id, Options(ifVersion), cancellationToken).ConfigureAwait(false) ? true : throw NotFound(id));

    /// <inheritdoc/>
    public Task<int> DeleteBatchAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default) => RunAsync(async () =>
        (await collection.DeleteBatchAsync(ids, cancellationToken: cancellationToken).ConfigureAwait(false)).Count);

    /// <inheritdoc/>
    public Task<long> DeleteWhereAsync(JsonObject filter, CancellationToken cancellationToken = default) =>
        RunAsync(() => collection.DeleteWhere(FilterOf(filter)!, cancellationToken: cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<long> UpdateWhereAsync(FilteredUpdateMessage update, CancellationToken cancellationToken = default) => RunAsync(
        () =>
        {
            ArgumentNullException.ThrowIfNull(update);
            return collection.UpdateWhere(FilterOf(update.Filter)!, RecordMapping.ReadMetadata(update.Metadata)!, RecordMapping.ReadMode(update.MetadataMode), cancellationToken: cancellationToken);
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<PageAnswer> ListAsync(ListMessage list, CancellationToken cancellationToken = default) => RunAsync(
        () =>
        {
            ArgumentNullException.ThrowIfNull(list);
            var view = RecordView.Of(list.Include, RecordView.All);
            RecordPage page = collection.List(new ListOptions
            {
                Limit = list.Limit ?? DefaultPage,
                Cursor = list.Cursor,
                Filter = FilterOf(list.Filter),
                OrderBy = list.OrderBy,
                Descending = list.Descending,
                Include = view.Include,
            });
            return new PageAnswer { Vectors = [.. page.Records.Select(record => RecordMapping.Write(record, view))], NextCursor = page.NextCursor };
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<long> CountAsync(JsonObject? filter = null, CancellationToken cancellationToken = default) =>
        RunAsync(() => collection.CountWhere(FilterOf(filter), cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<FacetsAnswer> CountValuesAsync(FacetsMessage facets, CancellationToken cancellationToken = default) => RunAsync(
        () =>
        {
            ArgumentNullException.ThrowIfNull(facets);
            FacetCounts counts = collection.CountValues(facets.Field, FilterOf(facets.Filter), facets.Limit ?? DefaultPage, cancellationToken);
            return new FacetsAnswer
            {
                Values = [.. counts.Values.Select(facet => new FacetMessage { Value = JsonNode.Parse(facet.Value.ToString()), Count = facet.Count })],
                DifferentValues = (int)Math.Min(counts.DifferentValues, int.MaxValue),
            };
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordMessage>> SampleAsync(SampleMessage sample, CancellationToken cancellationToken = default) => RunAsync<IReadOnlyList<RecordMessage>>(
        () =>
        {
            ArgumentNullException.ThrowIfNull(sample);
            int limit = Check("limit", sample.Limit ?? DefaultSample, 1, Limits.MaxPage);
            var view = RecordView.Of(sample.Include, RecordView.All);
            return [.. collection.Sample(limit, FilterOf(sample.Filter), sample.Seed, view.Include, cancellationToken).Select(record => RecordMapping.Write(record, view))];
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<SearchAnswer> SearchAsync(SearchMessage search, CancellationToken cancellationToken = default) =>
        RunAsync(() => SearchMapping.Read(search).Run(collection, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public Task<GroupsAnswer> SearchGroupsAsync(SearchMessage search, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        ArgumentException.ThrowIfNullOrEmpty(search.GroupBy);
        return RunAsync(() => SearchMapping.Read(search).RunGroups(collection, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SearchBatchAnswer> SearchBatchAsync(IReadOnlyList<SearchMessage> searches, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(searches);
        return RunAsync(() => SearchMapping.RunBatch(collection, searches, cancellationToken), cancellationToken);
    }

    /// <summary>A filter in the engine's words; null for none.</summary>
    internal static Filter? FilterOf(JsonObject? filter) => filter is null ? null : Filter.Parse(filter.ToJsonString());

    /// <summary>The number, if it is in its range.</summary>
    internal static int Check(string name, int value, int least, int greatest) => value >= least && value <= greatest
        ? value
        : throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"{name}: expected an integer from {least} to {greatest}, found {value}."));

    private static WriteOptions? Options(string? ifVersion) => ifVersion is null
        ? null
        : new WriteOptions
        {
            IfVersion = RecordVersion.TryParse(ifVersion, out RecordVersion version)
                ? version
                : throw new HypervexException(ErrorCode.VersionMismatch, "The version is not that of any record; give the one of an earlier answer, 32 hexadecimal digits."),
        };

    private static HypervexException NotFound(string id) => new(ErrorCode.NotFound, $"There is no record \"{id}\".");

    private static VectorRecord[] ReadAll(IReadOnlyList<RecordMessage> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        var read = new VectorRecord[records.Count];
        for (int i = 0; i < read.Length; i++)
        {
            try
            {
                read[i] = RecordMapping.Read(records[i]);
            }
            catch (HypervexException error)
            {
                throw new HypervexException(error.Code, string.Create(CultureInfo.InvariantCulture, $"Record {i}: {error.Message}"), error);
            }
        }

        return read;
    }

    private static async Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (HypervexException error)
        {
            throw Translate(error);
        }
    }

    private static Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return RunAsync(() => Task.FromResult(call()));
    }

    private static HypervexClientException Translate(HypervexException error, long? imported = null) =>
        new(status: null, JsonNamingPolicy.SnakeCaseLower.ConvertName(error.Code.ToString()), error.Message, error) { Imported = imported };

    private RecordMessage Stored(string id) => collection.Get(id) is { } record ? RecordMapping.Write(record, RecordView.All) : throw NotFound(id);

    // A batch that is refused is written record by record, so that what comes before the one at fault is in, as an import of a server does.
    private async Task<int> WriteAsync(List<RecordMessage> batch, long before, CancellationToken cancellationToken)
    {
        var keep = new WriteOptions { KeepCreatedAt = true };
        try
        {
            await collection.UpsertBatchAsync(ReadAll(batch), keep, cancellationToken).ConfigureAwait(false);
            return batch.Count;
        }
        catch (HypervexException)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                try
                {
                    await collection.UpsertAsync(RecordMapping.Read(batch[i]), keep, cancellationToken).ConfigureAwait(false);
                }
                catch (HypervexException error)
                {
                    throw Translate(error, before + i);
                }
            }

            return batch.Count;
        }
    }
}
