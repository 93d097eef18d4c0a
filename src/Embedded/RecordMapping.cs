using System.Text.Json.Nodes;
using Hypervex.Wire;

namespace Hypervex.Embedded;

/// <summary>What of a record an answer carries.</summary>
/// <param name="Metadata">The metadata.</param>
/// <param name="Document">The document.</param>
/// <param name="Vector">The vector of the default field.</param>
/// <param name="Vectors">Those of named fields.</param>
internal readonly record struct RecordView(bool Metadata, bool Document, bool Vector, bool Vectors)
{
    /// <summary>Everything.</summary>
    public static RecordView All { get; } = new(true, true, true, true);

    /// <summary>What the engine has to read.</summary>
    public Include Include => (Metadata ? Include.Metadata : Include.None) | (Document ? Include.Document : Include.None) | (Vector || Vectors ? Include.Vectors : Include.None);

    /// <summary>The parts with these names; the default for null.</summary>
    public static RecordView Of(IReadOnlyList<string>? names, RecordView defaultView)
    {
        if (names is null)
        {
            return defaultView;
        }

        RecordView view = default;
        foreach (string name in names)
        {
            view = name switch
            {
                "metadata" => view with { Metadata = true },
                "document" => view with { Document = true },
                "vector" => view with { Vector = true },
                "vectors" => view with { Vectors = true },
                _ => throw new HypervexException(ErrorCode.InvalidArgument, $"\"{name}\" is no part of a record; known are metadata, document, vector, vectors."),
            };
        }

        return view;
    }
}

/// <summary>
/// Records between the engine and the client's messages.
/// Thread safety: pure functions.
/// </summary>
internal static class RecordMapping
{
    /// <summary>The engine's record; without an id it gets a new one.</summary>
    public static VectorRecord Read(RecordMessage record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Vector is null && record.Vectors is not { Count: > 0 })
        {
            throw new HypervexException(ErrorCode.InvalidVector, "The record has no vector; give \"vector\" or \"vectors\".");
        }

        return new VectorRecord
        {
            Id = record.VectorId ?? Guid.CreateVersion7().ToString(),
            Vector = record.Vector,
            Vectors = record.Vectors,
            Metadata = ReadMetadata(record.Metadata),
            Document = record.Document,
            ExpiresAt = record.ExpiresAt,
            CreatedAt = record.CreatedAt ?? default,
        };
    }

    /// <summary>The engine's update.</summary>
    public static RecordUpdate Read(UpdateMessage update)
    {
        ArgumentNullException.ThrowIfNull(update);
        DateTimeOffset? expiresAt = null;
        if (update.ExpiresAt is not null && !WireTime.TryReadExpiry(update.ExpiresAt, out expiresAt))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"expires_at: expected {WireTime.Expected}.");
        }

        return new RecordUpdate
        {
            Vector = update.Vector,
            Vectors = update.Vectors,
            Metadata = ReadMetadata(update.Metadata),
            MetadataMode = ReadMode(update.MetadataMode),
            Document = update.Document,
            ExpiresAt = expiresAt,
            NeverExpires = update.ExpiresAt is not null && expiresAt is null,
        };
    }

    /// <summary>The engine's metadata; null for none.</summary>
    public static MetadataObject? ReadMetadata(JsonObject? metadata) => metadata is null ? null : MetadataObject.Parse(metadata.ToJsonString());

    /// <summary>The engine's mode.</summary>
    public static MetadataMode ReadMode(string? mode) => mode switch
    {
        null or "merge" => MetadataMode.Merge,
        "replace" => MetadataMode.Replace,
        _ => throw new HypervexException(ErrorCode.InvalidArgument, "metadata_mode: expected \"merge\" or \"replace\"."),
    };

    /// <summary>The client's record.</summary>
    public static RecordMessage Write(VectorRecord record, RecordView view) => new()
    {
        VectorId = record.Id,
        Vector = view.Vector ? record.Vector : null,
        Vectors = view.Vectors ? record.Vectors : null,
        Metadata = view.Metadata ? WriteMetadata(record.Metadata) : null,
        Document = view.Document ? record.Document : null,
        ExpiresAt = record.ExpiresAt,
        CreatedAt = record.CreatedAt,
        UpdatedAt = record.UpdatedAt,
        Version = record.Version.ToString(),
    };

    /// <summary>The client's hit.</summary>
    public static HitMessage Write(SearchHit hit, RecordView view) => new()
    {
        VectorId = hit.Id,
        Score = hit.Score,
        Distance = hit.Distance,
        Vector = view.Vector ? hit.Record?.Vector : null,
        Vectors = view.Vectors ? hit.Record?.Vectors : null,
        Metadata = view.Metadata && hit.Record is { } record ? WriteMetadata(record.Metadata) : null,
        Document = view.Document ? hit.Record?.Document : null,
    };

    private static JsonObject WriteMetadata(MetadataObject? metadata) => metadata is null ? [] : JsonNode.Parse(metadata.ToJson())!.AsObject();
}
