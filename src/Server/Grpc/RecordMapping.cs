using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Hypervex.Server.Json;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>What of a record an answer carries, and how.</summary>
/// <param name="Parts">The parts.</param>
/// <param name="IsRaw">Whether vectors are raw bytes.</param>
internal readonly record struct RecordView(RecordParts Parts, bool IsRaw)
{
    /// <summary>What a request asks for; the default parts when it says nothing.</summary>
    public static RecordView Of(V1.Include? include, RecordParts defaultParts)
    {
        if (include is null)
        {
            return new RecordView(defaultParts, IsRaw: false);
        }

        RecordParts parts = (include.Metadata ? RecordParts.Metadata : RecordParts.None)
            | (include.Document ? RecordParts.Document : RecordParts.None)
            | (include.Vector ? RecordParts.Vector : RecordParts.None)
            | (include.Vectors ? RecordParts.Vectors : RecordParts.None);
        return new RecordView(parts, include.VectorForm == V1.VectorForm.Raw);
    }
}

/// <summary>
/// Records of a collection between the engine and the wire.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class RecordMapping(Collection collection)
{
    private readonly IReadOnlyDictionary<string, VectorFieldOptions> _fields = collection.Options.Vectors;

    /// <summary>The engine's record; without an id it gets a new one.</summary>
    /// <exception cref="HypervexException">A part of it is not acceptable.</exception>
    public VectorRecord Read(V1.Record? record)
    {
        if (record is null || (record.Vector is null && record.Vectors.Count == 0))
        {
            throw new HypervexException(ErrorCode.InvalidVector, "The record has no vector; give \"vector\" or \"vectors\".");
        }

        return new VectorRecord
        {
            Id = record.VectorId.Length == 0 ? RecordJson.NewId() : record.VectorId,
            Vector = ReadVector(record.Vector, ""),
            Vectors = ReadVectors(record.Vectors),
            Metadata = MetadataMapping.Read(record.Metadata),
            Document = record.HasDocument ? record.Document : null,
            ExpiresAt = ReadTime(record.ExpiresAt, "expires_at"),
            CreatedAt = ReadTime(record.CreatedAt, "created_at") ?? default,
        };
    }

    /// <summary>The wire's record.</summary>
    public V1.Record Write(VectorRecord record, RecordView view)
    {
        var message = new V1.Record
        {
            VectorId = record.Id,
            CreatedAt = Timestamp.FromDateTimeOffset(record.CreatedAt),
            UpdatedAt = Timestamp.FromDateTimeOffset(record.UpdatedAt),
            Version = record.Version.ToString(),
            ExpiresAt = record.ExpiresAt is { } time ? Timestamp.FromDateTimeOffset(time) : null,
            Vector = view.Parts.HasFlag(RecordParts.Vector) ? WriteVector(record.Vector, "", view.IsRaw) : null,
            Metadata = view.Parts.HasFlag(RecordParts.Metadata) ? MetadataMapping.Write(record.Metadata) : null,
        };
        if (view.Parts.HasFlag(RecordParts.Document) && record.Document is { } document)
        {
            message.Document = document;
        }

        WriteVectors(record, view, message.Vectors);
        return message;
    }

    /// <summary>The wire's hit.</summary>
    public V1.Hit Write(SearchHit hit, RecordView view)
    {
        var message = new V1.Hit { VectorId = hit.Id, Score = hit.Score, Distance = hit.Distance };
        if (hit.Record is { } record)
        {
            message.Vector = view.Parts.HasFlag(RecordParts.Vector) ? WriteVector(record.Vector, "", view.IsRaw) : null;
            message.Metadata = view.Parts.HasFlag(RecordParts.Metadata) ? MetadataMapping.Write(record.Metadata) : null;
            if (view.Parts.HasFlag(RecordParts.Document) && record.Document is { } document)
            {
                message.Document = document;
            }

            WriteVectors(record, view, message.Vectors);
        }

        return message;
    }

    /// <summary>The engine's vector, <c>float32[n]</c>; null for none.</summary>
    /// <param name="vector">The wire's.</param>
    /// <param name="field">Its vector field.</param>
    public float[]? ReadVector(V1.Vector? vector, string field)
    {
        if (vector is null)
        {
            return null;
        }

        if (vector.Raw.Length == 0)
        {
            float[] values = new float[vector.Values.Count];
            vector.Values.CopyTo(values, 0);
            return values;
        }

        if (vector.Values.Count > 0)
        {
            throw new HypervexException(ErrorCode.InvalidVector, "A vector has both \"values\" and \"raw\"; give one of them.");
        }

        return VectorBytes.ToVector(vector.Raw.Span, IsBits(field), () => "\"raw\"");
    }

    /// <summary>The engine's named vectors; null for none.</summary>
    public IReadOnlyDictionary<string, float[]>? ReadVectors(MapField<string, V1.Vector> vectors)
    {
        if (vectors.Count > Limits.MaxVectorFields)
        {
            throw new HypervexException(ErrorCode.InvalidVector, string.Create(CultureInfo.InvariantCulture, $"More than {Limits.MaxVectorFields} named vectors."));
        }

        return vectors.Count == 0 ? null : vectors.ToDictionary(pair => pair.Key, pair => ReadVector(pair.Value, pair.Key)!, StringComparer.Ordinal);
    }

    /// <summary>The engine's time; null for none.</summary>
    public static DateTimeOffset? ReadTime(Timestamp? time, string name)
    {
        const int NanosecondsPerSecond = 1_000_000_000;
        if (time is null)
        {
            return null;
        }

        long least = DateTimeOffset.MinValue.ToUnixTimeSeconds();
        long greatest = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return time.Seconds >= least && time.Seconds <= greatest && time.Nanos is >= 0 and < NanosecondsPerSecond
            ? time.ToDateTimeOffset()
            : throw new HypervexException(ErrorCode.InvalidArgument, $"{name} is no time between the years 1 and 9999.");
    }

    /// <summary>The condition and durability of a write.</summary>
    public static WriteOptions ReadOptions(V1.Durability durability, string version) => new()
    {
        Durability = durability switch
        {
            V1.Durability.Unspecified => null,
            V1.Durability.Fsync => Durability.Fsync,
            V1.Durability.Batch => Durability.Batch,
            V1.Durability.Os => Durability.OperatingSystem,
            _ => throw new HypervexException(ErrorCode.InvalidArgument, "durability is none that this server knows."),
        },
        IfVersion = version.Length == 0
            ? null
            : RecordVersion.TryParse(version, out RecordVersion parsed)
                ? parsed
                : throw new HypervexException(ErrorCode.VersionMismatch, "if_version is not the version of any record; give the one of an earlier answer, 32 hexadecimal digits."),
    };

    /// <summary>The engine's filter; null for none.</summary>
    public static Filter? ReadFilter(string filter) => filter.Length == 0 ? null : Filter.Parse(filter);

    private bool IsBits(string field) => _fields.TryGetValue(field, out VectorFieldOptions? options) && options.Metric == Metric.Hamming;

    private V1.Vector? WriteVector(float[]? vector, string field, bool isRaw)
    {
        if (vector is null)
        {
            return null;
        }

        if (isRaw)
        {
            return new V1.Vector { Raw = ByteString.CopyFrom(VectorBytes.Of(vector, IsBits(field))) };
        }

        var message = new V1.Vector();
        message.Values.AddRange(vector);
        return message;
    }

    private void WriteVectors(VectorRecord record, RecordView view, MapField<string, V1.Vector> vectors)
    {
        if (view.Parts.HasFlag(RecordParts.Vectors) && record.Vectors is { } named)
        {
            foreach ((string name, float[] vector) in named)
            {
                vectors.Add(name, WriteVector(vector, name, view.IsRaw)!);
            }
        }
    }
}
