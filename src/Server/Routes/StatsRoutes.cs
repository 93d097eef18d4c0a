using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Routes;

/// <summary>
/// What a collection holds.
/// Thread safety: pure functions.
/// </summary>
internal static class StatsRoutes
{
    public static void Add(RouteTable routes) => routes.AddVectors(Access.Read, "GET", "/stats", AnswerStatsAsync);

    private static Task AnswerStatsAsync(Exchange exchange)
    {
        Collection collection = exchange.Collection;
        CollectionStats stats = collection.GetStats();
        IReadOnlyDictionary<string, VectorFieldOptions> fields = collection.Options.Vectors;
        VectorFieldOptions? field = fields.GetValueOrDefault("");
        return exchange.AnswerAsync(
            new StatsAnswer
            {
                Count = stats.Count,
                Capacity = stats.Capacity,
                Dimension = field?.Dimension,
                Metric = field is null ? null : WireName<Metric>.Of(field.Metric),
                Curvature = field is null ? null : CurvatureOf(field),
                Project = field is null ? null : ProjectOf(field),
                Durability = DurabilityName.Of(stats.Durability),
                StoragePath = exchange.Server.Options.DataPath,
                Index = field is null ? null : IndexOf(stats, "", field),
                Memory = new MemoryStats
                {
                    RowBytes = stats.Fields.Sum(each => each.RowBytes),
                    IndexBytes = stats.Fields.Sum(each => each.IndexBytes),
                    GraphBytes = stats.Fields.Sum(each => each.IndexBytes - each.CodeBytes),
                    CodeBytes = stats.Fields.Sum(each => each.CodeBytes),
                    RecordTableBytes = stats.RecordTableBytes,
                    RowMemoryBytes = stats.Fields.Sum(each => each.RowMemoryBytes),
                    PendingBytes = stats.PendingBytes,
                    TotalBytes = stats.MemoryBytes,
                    BytesPerVector = stats.BytesPerVector,
                },
                LogBytes = stats.LogBytes,
                GarbageRatio = stats.GarbageRatio,
                ChunkBytes = stats.ChunkBytes,
                RowAccess = WireName<RowAccess>.Of(stats.RowAccess),
                Scrub = stats.Scrub is { } scrub ? ScrubOf(scrub) : null,
                Database = DatabaseOf(exchange.Server.Database.Database, exchange.Server.Options.Database.MemoryLimitBytes),
                LastSequence = stats.LastSequence,
                FieldIndexes = stats.FieldIndexes.Count == 0 ? null : [.. stats.FieldIndexes.Select(FieldIndexJson.Describe)],
                Vectors = fields.Count == 1 && field is not null
                    ? null
                    : fields.ToDictionary(
                        pair => pair.Key,
                        pair => new FieldStats
                        {
                            Dimension = pair.Value.Dimension,
                            Metric = WireName<Metric>.Of(pair.Value.Metric),
                            Curvature = CurvatureOf(pair.Value),
                            Project = ProjectOf(pair.Value),
                            Index = IndexOf(stats, pair.Key, pair.Value),
                        }),
            },
            WireJson.Default.StatsAnswer);
    }

    private static double? CurvatureOf(VectorFieldOptions field) => field.Metric is Metric.Poincare or Metric.Lorentz ? field.Curvature : null;

    private static bool? ProjectOf(VectorFieldOptions field) => field.Metric is Metric.Poincare or Metric.Lorentz ? field.Project : null;

    private static DatabaseStats DatabaseOf(Database database, long memoryLimit) => new()
    {
        MemoryBytes = database.MemoryBytes,
        MemoryLimit = memoryLimit > 0 ? memoryLimit : null,
        OpenFiles = database.OpenFiles,
    };

    private static ScrubFigures ScrubOf(ScrubStats scrub) => new()
    {
        LastFinished = scrub.LastFinished?.UtcDateTime,
        Running = scrub.IsRunning,
        BytesChecked = scrub.BytesChecked,
        Problems = scrub.Problems,
        Repaired = scrub.Repaired,
        Findings = [.. scrub.Findings.Select(finding => new ScrubFinding { File = finding.File, Message = finding.Message })],
    };

    private static IndexStats IndexOf(CollectionStats stats, string name, VectorFieldOptions field)
    {
        VectorFieldStats? figures = stats.Fields.FirstOrDefault(each => each.Name == name);
        return new IndexStats
        {
            Type = WireName<IndexType>.Of(field.Index.Type),
            M = field.Index.M,
            EfConstruction = field.Index.EfConstruction,
            Ef = field.Index.Ef,
            Linked = figures?.Linked ?? 0,
            Pending = figures?.Pending ?? 0,
            Codes = figures?.Codes is { } codes ? new CodeFigures { Kind = WireName<QuantizationKind>.Of(codes.Kind), State = WireName<CodeState>.Of(codes.State), Progress = codes.Progress } : null,
            Recall = figures is { RecallProfiles.Count: > 0 } ? [.. figures.RecallProfiles.Select(RecallOf)] : null,
        };
    }

    private static RecallStats RecallOf(RecallProfile curve) => new()
    {
        K = curve.K,
        Rows = curve.Rows,
        Queries = curve.Queries,
        Points = [.. curve.Points.Select(point => new RecallAt { Ef = point.Ef, Recall = point.Recall })],
    };
}
