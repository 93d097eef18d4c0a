using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Client;
using Hypervex.Wire;

namespace Hypervex.Cli.Targets;

/// <summary>A running server.</summary>
internal sealed class RemoteTarget(Uri url, HypervexClientOptions options) : IDatabaseTarget
{
    private readonly HypervexClient _client = new(url, options);

    /// <inheritdoc/>
    public string Location => url.GetLeftPart(UriPartial.Authority);

    /// <summary>Half of what the server accepts as a body, for the estimate may be wrong.</summary>
    public long MaxBatchBytes => 16 << 20;

    /// <inheritdoc/>
    public IVectorCollection Records(string collection) => _client.Collection(collection);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListCollectionsAsync(CancellationToken cancellationToken) => _client.ListCollectionsAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<CollectionSummary> DescribeAsync(string collection, CancellationToken cancellationToken)
    {
        StatsAnswer stats = await _client.Collection(collection).GetStatsAsync(cancellationToken).ConfigureAwait(false);
        return new CollectionSummary
        {
            Name = collection,
            Count = stats.Count,
            Capacity = stats.Capacity,
            Durability = Choice.TryRead(stats.Durability, out Durability durability) ? durability : null,
            Codes = stats.Index?.Codes is { } codes ? ToStats(codes) : null,
            Dimension = stats.Dimension,
            Metric = Choice.TryRead(stats.Metric ?? "", out Metric metric) ? metric : null,
            Curvature = stats.Curvature,
            Project = stats.Project,
            Index = stats.Index is { } index ? new HnswOptions { Type = Choice.TryRead(index.Type, out IndexType type) ? type : IndexType.Hnsw, M = index.M, EfConstruction = index.EfConstruction, Ef = index.Ef } : null,
            Linked = stats.Index?.Linked,
            Pending = stats.Index?.Pending,
            RowBytes = stats.Memory.RowBytes,
            IndexBytes = stats.Memory.IndexBytes,
            CodeBytes = stats.Memory.CodeBytes,
            RecordTableBytes = stats.Memory.RecordTableBytes,
            RowMemoryBytes = stats.Memory.RowMemoryBytes,
            PendingBytes = stats.Memory.PendingBytes,
            MemoryBytes = stats.Memory.TotalBytes,
            BytesPerVector = stats.Memory.BytesPerVector,
            LogBytes = stats.LogBytes,
            GarbageRatio = stats.GarbageRatio,
            ChunkBytes = stats.ChunkBytes,
            RowAccess = Choice.TryRead(stats.RowAccess, out RowAccess access) ? access : null,
            Scrub = stats.Scrub is { } scrub ? ToStats(scrub) : null,
            OpenFiles = stats.Database.OpenFiles,
            StoragePath = stats.StoragePath,
        };
    }

    private static CodeStats ToStats(CodeFigures codes) => new(
        Choice.TryRead(codes.Kind, out QuantizationKind kind) ? kind : QuantizationKind.None,
        Choice.TryRead(codes.State, out CodeState state) ? state : CodeState.Ready,
        codes.Progress);

    /// <inheritdoc/>
    public Task CreateCollectionAsync(string collection, CollectionOptions options, CancellationToken cancellationToken)
    {
        VectorFieldOptions field = options.Vectors[""];
        CollectionMessage message = new()
        {
            Name = collection,
            Dimension = field.Dimension,
            Metric = Choice.Word(field.Metric),
            Curvature = field.Curvature == 1 ? null : field.Curvature, // the server says what a metric has no use for
            Project = field.Project ? true : null,
            Quantization = Choice.Word(field.Quantization),
            Index = new IndexMessage { Type = Choice.Word(field.Index.Type), M = field.Index.M, EfConstruction = field.Index.EfConstruction, Ef = field.Index.Ef },
            Capacity = options.Capacity,
            Durability = options.Durability is { } durability ? Choice.Word(durability) : null,
        };
        return _client.CreateCollectionAsync(message, cancellationToken);
    }

    /// <inheritdoc/>
    public Task AlterCollectionAsync(string collection, CollectionChanges changes, CancellationToken cancellationToken)
    {
        string[] fields = [.. changes.Ef.Keys.Union(changes.Quantization.Keys)];
        CollectionChangesMessage message = new()
        {
            Capacity = changes.Capacity,
            Durability = changes.Durability is { } durability ? Choice.Word(durability) : null,
            Vectors = fields.Length > 0 ? fields.ToDictionary(field => field, field => Changes(changes, field)) : null,
        };
        return _client.AlterCollectionAsync(collection, message, changes.RemoveCapacity, changes.RemoveDurability, cancellationToken);
    }

    private static FieldChangesMessage Changes(CollectionChanges changes, string field) => new()
    {
        Index = changes.Ef.TryGetValue(field, out int ef) ? new IndexChangesMessage { Ef = ef } : null,
        Quantization = changes.Quantization.TryGetValue(field, out QuantizationKind kind) ? Choice.Word(kind) : null,
    };

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, string>> ListAliasesAsync(CancellationToken cancellationToken) =>
        (await _client.ListAliasesAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(alias => alias.Alias, alias => alias.Collection);

    /// <inheritdoc/>
    public Task ChangeAliasesAsync(IReadOnlyDictionary<string, string?> changes, CancellationToken cancellationToken) =>
        _client.ChangeAliasesAsync([.. changes.Select(change => new AliasChange { Alias = change.Key, Collection = change.Value })], cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> DropCollectionAsync(string collection, CancellationToken cancellationToken)
    {
        try
        {
            await _client.DropCollectionAsync(collection, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (HypervexClientException exception) when (exception.Code == ErrorCodes.CollectionNotFound)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FieldIndexState>> ListFieldIndexesAsync(string collection, CancellationToken cancellationToken) =>
        [.. (await _client.ListFieldIndexesAsync(collection, cancellationToken).ConfigureAwait(false)).Select(ToState)];

    /// <inheritdoc/>
    public async Task<FieldIndexState> CreateFieldIndexAsync(string collection, string field, FieldIndexType type, CancellationToken cancellationToken) =>
        ToState(await _client.CreateFieldIndexAsync(collection, new FieldIndexMessage { Field = field, Type = Choice.Word(type) }, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<bool> DropFieldIndexAsync(string collection, string field, CancellationToken cancellationToken)
    {
        try
        {
            await _client.DropFieldIndexAsync(collection, field, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (HypervexClientException exception) when (exception.Code == ErrorCodes.NotFound)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public Task UpsertAsync(string collection, IReadOnlyList<VectorRecord> records, Durability? durability, CancellationToken cancellationToken) =>
        durability is null
            ? _client.Collection(collection).UpsertBatchAsync([.. records.Select(ToMessage)], cancellationToken)
            : throw CommandException.Usage("--durability goes with --data: behind a URL, the server's setting decides (HYPERVEX_DURABILITY of `hypervex serve`).");

    /// <summary>Nothing is left to do: the server has acknowledged with its own durability.</summary>
    public Task FlushAsync(string collection, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task<VectorRecord?> GetAsync(string collection, string id, CancellationToken cancellationToken) =>
        await _client.Collection(collection).GetAsync(id, cancellationToken).ConfigureAwait(false) is { } message ? ToRecord(message) : null;

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string collection, string id, CancellationToken cancellationToken) =>
        await _client.Collection(collection).DeleteBatchAsync([id], cancellationToken).ConfigureAwait(false) > 0;

    /// <inheritdoc/>
    public async Task<FoundHits> SearchAsync(string collection, SearchQuery query, CancellationToken cancellationToken)
    {
        SearchMessage message = new()
        {
            QueryVector = query.Vector,
            VectorId = query.Id,
            TopK = query.K,
            MinScore = query.Options.MinScore,
            Filter = ToJson(query.Options.Filter),
            Radius = query.Options.Radius,
            Ef = query.Options.Ef == 0 ? null : query.Options.Ef,
            TargetRecall = query.Options.TargetRecall == 0 ? null : query.Options.TargetRecall,
            Oversampling = query.Options.Oversampling == 0 ? null : query.Options.Oversampling,
            MaxDistances = query.Options.MaxDistances == 0 ? null : query.Options.MaxDistances,
            Using = query.Options.Field,
            Exact = query.Options.Exact,
            Explain = query.Options.Explain,
            Include = Words(query.Options.Include),
            GroupBy = query.GroupBy,
            GroupSize = query.GroupBy is null ? null : query.GroupSize,
            Positive = query.Positive is { } positive ? [.. positive] : null,
            Negative = query.Positive is null ? null : [.. query.Negative],
            Strategy = query.Positive is null ? null : Choice.Word(query.Strategy),
            Mmr = query.Diversity is { } diversity ? new MmrMessage { Lambda = (float)diversity.Lambda, Candidates = diversity.Candidates } : null,
        };
        if (query.GroupBy is not null)
        {
            GroupsAnswer groups = await _client.Collection(collection).SearchGroupsAsync(message, cancellationToken).ConfigureAwait(false);
            return new FoundHits([], groups.LimitedBy, null, null, [.. groups.Groups.Select(group => new HitGroup(ToValue(group.Value), [.. group.Results.Select(ToHit)]))]);
        }

        SearchAnswer answer = await _client.Collection(collection).SearchAsync(message, cancellationToken).ConfigureAwait(false);
        return new FoundHits([.. answer.Results.Select(ToHit)], answer.LimitedBy, answer.Ef, answer.Explain is { } explain ? ToExplanation(explain) : null);
    }

    /// <inheritdoc/>
    public Task<long> UpdateWhereAsync(string collection, Filter filter, MetadataObject metadata, MetadataMode mode, CancellationToken cancellationToken) =>
        _client.Collection(collection).UpdateWhereAsync(
            new FilteredUpdateMessage { Filter = ToJson(filter)!, Metadata = JsonNode.Parse(metadata.ToJson())!.AsObject(), MetadataMode = Choice.Word(mode) }, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<VectorRecord>> SampleAsync(string collection, int count, Filter? filter, int? seed, CancellationToken cancellationToken)
    {
        var sample = new SampleMessage { Limit = count, Filter = ToJson(filter), Seed = seed, Include = Words(Include.Metadata | Include.Document) };
        return [.. (await _client.Collection(collection).SampleAsync(sample, cancellationToken).ConfigureAwait(false)).Select(ToRecord)];
    }

    /// <inheritdoc/>
    public async Task<RecordPage> ListAsync(string collection, ListOptions options, CancellationToken cancellationToken)
    {
        var list = new ListMessage
        {
            Limit = options.Limit,
            Cursor = options.Cursor,
            Filter = ToJson(options.Filter),
            OrderBy = options.OrderBy,
            Descending = options.Descending,
            Include = options.Include == Include.All ? null : Words(options.Include),
        };
        PageAnswer page = await _client.Collection(collection).ListAsync(list, cancellationToken).ConfigureAwait(false);
        return new RecordPage([.. page.Vectors.Select(ToRecord)], page.NextCursor);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static ScrubStats ToStats(ScrubFigures scrub) => new()
    {
        LastFinished = scrub.LastFinished,
        IsRunning = scrub.Running,
        BytesChecked = scrub.BytesChecked,
        Problems = scrub.Problems,
        Repaired = scrub.Repaired,
        Findings = [.. scrub.Findings.Select(finding => new VerifyFinding(finding.File, finding.Message))],
    };

    private static List<string> Words(Include include) =>
        [.. ((Include[])[Include.Metadata, Include.Document, Include.Vectors]).Where(part => include.HasFlag(part)).Select(part => part == Include.Vectors ? "vector" : Choice.Word(part))];

    private static RecordMessage ToMessage(VectorRecord record) => new()
    {
        VectorId = record.Id,
        Vector = record.Vector,
        Vectors = record.Vectors,
        Metadata = record.Metadata is { } metadata ? JsonNode.Parse(metadata.ToJson())!.AsObject() : null,
        Document = record.Document,
        ExpiresAt = record.ExpiresAt,
    };

    private static VectorRecord ToRecord(RecordMessage message) => new()
    {
        Id = message.VectorId ?? "",
        Vector = message.Vector,
        Vectors = message.Vectors,
        Metadata = ToMetadata(message.Metadata),
        Document = message.Document,
        ExpiresAt = message.ExpiresAt,
        CreatedAt = message.CreatedAt ?? default,
        UpdatedAt = message.UpdatedAt ?? default,
        Version = RecordVersion.TryParse(message.Version, out RecordVersion version) ? version : default,
    };

    private static FieldIndexState ToState(FieldIndexAnswer index) => new()
    {
        Field = index.Field,
        Type = Choice.TryRead(index.Type, out FieldIndexType type) ? type : default,
        IsReady = index.Ready,
        Progress = index.Progress,
        Problem = index.Problem,
        Records = index.Records,
        OtherRecords = index.OtherRecords,
        Values = index.Values,
        MemoryBytes = index.MemoryBytes,
    };

    private static SearchExplanation ToExplanation(ExplanationMessage explain) => new()
    {
        Plan = Choice.TryRead(explain.Plan, out SearchPlan plan) ? plan : default,
        EstimatedMatches = explain.EstimatedMatches,
        Matches = explain.Matches,
        RecordsRead = explain.RecordsRead,
        Distances = explain.Distances,
        Ef = explain.Ef,
        FilterMicroseconds = explain.FilterUs,
        SearchMicroseconds = explain.SearchUs,
        ReadMicroseconds = explain.ReadUs,
        Warnings = explain.Warnings,
    };

    private static SearchHit ToHit(HitMessage hit) => new()
    {
        Id = hit.VectorId,
        Distance = hit.Distance,
        Score = hit.Score,
        Record = new VectorRecord { Id = hit.VectorId, Metadata = ToMetadata(hit.Metadata), Document = hit.Document, Vector = hit.Vector },
    };

    private static JsonObject? ToJson(Filter? filter) => filter is null ? null : JsonNode.Parse(filter.ToJson())!.AsObject();

    private static MetadataValue ToValue(JsonNode value) => MetadataObject.Parse(new JsonObject { ["value"] = value.DeepClone() }.ToJsonString())["value"];

    private static MetadataObject? ToMetadata(JsonObject? json) => json is null ? null : MetadataObject.Parse(json.ToJsonString());
}
