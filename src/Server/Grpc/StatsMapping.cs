using Google.Protobuf.WellKnownTypes;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// What a collection holds, in the wire's words.
/// Thread safety: pure functions.
/// </summary>
internal static class StatsMapping
{
    /// <summary>The answer about a collection.</summary>
    public static V1.GetStatsResponse Write(Collection collection, ServerParts server)
    {
        CollectionStats stats = collection.GetStats();
        Database database = server.Database.Database;
        var response = new V1.GetStatsResponse
        {
            Count = stats.Count,
            StoragePath = server.Options.DataPath ?? "",
            RecordTableBytes = stats.RecordTableBytes,
            PendingBytes = stats.PendingBytes,
            TotalBytes = stats.MemoryBytes,
            LogBytes = stats.LogBytes,
            GarbageRatio = stats.GarbageRatio,
            ChunkBytes = stats.ChunkBytes,
            RowAccess = WireName<RowAccess>.Of(stats.RowAccess),
            LastSequence = stats.LastSequence,
            Durability = DurabilityName.Of(stats.Durability),
            DatabaseMemoryBytes = database.MemoryBytes,
            OpenFiles = database.OpenFiles,
            Scrub = stats.Scrub is { } scrub ? Write(scrub) : null,
            Fields = { collection.Options.Vectors.Select(pair => Write(pair.Key, pair.Value, stats.Fields.FirstOrDefault(each => each.Name == pair.Key))) },
            FieldIndexes = { stats.FieldIndexes.Select(CollectionMapping.Describe) },
        };
        if (stats.Capacity is { } capacity)
        {
            response.Capacity = capacity;
        }

        if (stats.BytesPerVector is { } bytes)
        {
            response.BytesPerVector = bytes;
        }

        if (server.Options.Database.MemoryLimitBytes is > 0 and var limit)
        {
            response.DatabaseMemoryLimit = limit;
        }

        return response;
    }

    private static V1.FieldStats Write(string name, VectorFieldOptions field, VectorFieldStats? figures)
    {
        var message = new V1.FieldStats
        {
            Name = name,
            Metric = WireName<Metric>.Of(field.Metric),
            IndexType = WireName<IndexType>.Of(field.Index.Type),
            M = field.Index.M,
            EfConstruction = field.Index.EfConstruction,
            Ef = field.Index.Ef,
            Linked = figures?.Linked ?? 0,
            Pending = figures?.Pending ?? 0,
            RowBytes = figures?.RowBytes ?? 0,
            IndexBytes = figures?.IndexBytes ?? 0,
            CodeBytes = figures?.CodeBytes ?? 0,
            RowMemoryBytes = figures?.RowMemoryBytes ?? 0,
            Recall = { (figures?.RecallProfiles ?? []).Select(Write) },
        };
        if (figures?.Codes is { } codes)
        {
            message.Codes = new V1.CodeStats { Kind = WireName<QuantizationKind>.Of(codes.Kind), State = WireName<CodeState>.Of(codes.State) };
            if (codes.Progress is { } progress)
            {
                message.Codes.Progress = progress;
            }
        }

        if (field.Dimension is { } dimension)
        {
            message.Dimension = dimension;
        }

        if (field.Metric is Metric.Poincare or Metric.Lorentz)
        {
            (message.Curvature, message.Project) = (field.Curvature, field.Project);
        }

        return message;
    }

    private static V1.RecallProfile Write(RecallProfile profile) => new()
    {
        K = profile.K,
        Rows = profile.Rows,
        Queries = profile.Queries,
        Points = { profile.Points.Select(point => new V1.RecallPoint { Ef = point.Ef, Recall = point.Recall }) },
    };

    private static V1.ScrubStats Write(ScrubStats scrub) => new()
    {
        LastFinished = scrub.LastFinished is { } time ? Timestamp.FromDateTimeOffset(time) : null,
        Running = scrub.IsRunning,
        BytesChecked = scrub.BytesChecked,
        Problems = scrub.Problems,
        Repaired = scrub.Repaired,
        Findings = { scrub.Findings.Select(finding => new V1.ScrubFinding { File = finding.File, Message = finding.Message }) },
    };
}
