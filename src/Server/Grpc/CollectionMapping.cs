using Google.Protobuf.Collections;
using Hypervex.Server.Json;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Schemas of collections and states of field indexes between the engine and the wire.
/// Thread safety: pure functions.
/// </summary>
internal static class CollectionMapping
{
    /// <summary>The schema and settings of a collection to create.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/> or <see cref="ErrorCode.LimitOutOfRange"/>.</exception>
    public static CollectionOptions Read(V1.CreateCollectionRequest request) => new()
    {
        Vectors = request.Vectors.Count == 0 ? new CollectionOptions().Vectors : request.Vectors.ToDictionary(pair => pair.Key, pair => Read(pair.Value), StringComparer.Ordinal),
        Capacity = request.HasCapacity ? Range.Check("capacity", request.Capacity, 1, long.MaxValue) : null,
        Durability = request.HasDurability ? DurabilityName.Parse("durability", request.Durability) : null,
        FieldIndexes = request.FieldIndexes.ToDictionary(pair => pair.Key, pair => ReadName<FieldIndexType>($"field_indexes[{JsonPath.Quote(pair.Key)}]", pair.Value), StringComparer.Ordinal),
    };

    /// <summary>What is to be altered.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/> or <see cref="ErrorCode.LimitOutOfRange"/>.</exception>
    public static CollectionChanges Read(V1.AlterCollectionRequest request)
    {
        bool hasCapacity = request.CapacityChangeCase == V1.AlterCollectionRequest.CapacityChangeOneofCase.Capacity;
        bool hasDurability = request.DurabilityChangeCase == V1.AlterCollectionRequest.DurabilityChangeOneofCase.Durability;
        if (!hasCapacity && !request.Unlimited && request.Ef.Count == 0 && !hasDurability && !request.DurabilityOfServer && request.Quantization.Count == 0)
        {
            throw new HypervexException(
                ErrorCode.InvalidArgument, "Nothing is to be altered; known are capacity, unlimited (true), durability, durability_of_server (true), ef and quantization.");
        }

        return new CollectionChanges
        {
            Capacity = hasCapacity ? Range.Check("capacity", request.Capacity, 1, long.MaxValue) : null,
            RemoveCapacity = request.Unlimited,
            Durability = hasDurability ? DurabilityName.Parse("durability", request.Durability) : null,
            RemoveDurability = request.DurabilityOfServer,
            Quantization = request.Quantization.ToDictionary(
                pair => pair.Key, pair => ReadName<QuantizationKind>($"quantization[{JsonPath.Quote(pair.Key)}]", pair.Value), StringComparer.Ordinal),
            Ef = request.Ef.ToDictionary(pair => pair.Key, pair => Range.Check($"ef[{JsonPath.Quote(pair.Key)}]", pair.Value, 1, Limits.MaxEf), StringComparer.Ordinal),
        };
    }

    /// <summary>The value with this name.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>.</exception>
    public static TEnum ReadName<TEnum>(string what, string name)
        where TEnum : struct, Enum =>
        WireName<TEnum>.TryParse(name, out TEnum value)
            ? value
            : throw new HypervexException(ErrorCode.InvalidArgument, $"{what}: {JsonPath.Quote(name)} is not known; known are {WireName<TEnum>.Known}.");

    /// <summary>What a collection is.</summary>
    public static V1.CollectionDescription Describe(Collection collection)
    {
        CollectionOptions options = collection.Options;
        var description = new V1.CollectionDescription { Name = collection.Name, Count = collection.Count };
        if (options.Capacity is { } capacity)
        {
            description.Capacity = capacity;
        }

        if (options.Durability is { } durability)
        {
            description.Durability = DurabilityName.Of(durability);
        }

        Add(description.Vectors, options.Vectors, Write);
        Add(description.FieldIndexes, options.FieldIndexes, WireName<FieldIndexType>.Of);
        return description;
    }

    /// <summary>The state of a field index.</summary>
    public static V1.FieldIndex Describe(FieldIndexState index)
    {
        var message = new V1.FieldIndex
        {
            Field = index.Field,
            Type = WireName<FieldIndexType>.Of(index.Type),
            Ready = index.IsReady,
            Progress = index.Progress,
            Problem = index.Problem ?? "",
            Records = index.Records,
            OtherRecords = index.OtherRecords,
            MemoryBytes = index.MemoryBytes,
        };
        if (index.Values is { } values)
        {
            message.Values = values;
        }

        return message;
    }

    private static VectorFieldOptions Read(V1.VectorFieldOptions message)
    {
        var field = new VectorFieldOptions();
        return field with
        {
            Dimension = message.HasDimension ? Range.Check("dimension", message.Dimension, 1, Limits.MaxDimension) : null,
            Metric = message.Metric.Length == 0 ? field.Metric : ReadName<Metric>("metric", message.Metric),
            Curvature = message.HasCurvature ? message.Curvature : field.Curvature,
            Project = message.Project,
            Index = message.Index is null ? field.Index : Read(message.Index),
            Quantization = message.Quantization.Length == 0 ? field.Quantization : ReadName<QuantizationKind>("quantization", message.Quantization),
        };
    }

    private static HnswOptions Read(V1.IndexOptions message)
    {
        var index = new HnswOptions();
        return index with
        {
            Type = message.Type.Length == 0 ? index.Type : ReadName<IndexType>("index.type", message.Type),
            M = message.HasM ? Range.Check("index.m", message.M, Limits.MinM, Limits.MaxM) : index.M,
            EfConstruction = message.HasEfConstruction ? Range.Check("index.ef_construction", message.EfConstruction, 1, Limits.MaxEfConstruction) : index.EfConstruction,
            Ef = message.HasEf ? Range.Check("index.ef", message.Ef, 1, Limits.MaxEf) : index.Ef,
        };
    }

    private static V1.VectorFieldOptions Write(VectorFieldOptions field)
    {
        var message = new V1.VectorFieldOptions
        {
            Metric = WireName<Metric>.Of(field.Metric),
            Index = new V1.IndexOptions { Type = WireName<IndexType>.Of(field.Index.Type) },
            Quantization = WireName<QuantizationKind>.Of(field.Quantization),
        };
        if (field.Dimension is { } dimension)
        {
            message.Dimension = dimension;
        }

        if (field.Metric is Metric.Poincare or Metric.Lorentz)
        {
            (message.Curvature, message.Project) = (field.Curvature, field.Project);
        }

        if (field.Index.Type != IndexType.Flat)
        {
            (message.Index.M, message.Index.EfConstruction, message.Index.Ef) = (field.Index.M, field.Index.EfConstruction, field.Index.Ef);
        }

        return message;
    }

    private static void Add<TValue, TMessage>(MapField<string, TMessage> messages, IReadOnlyDictionary<string, TValue> values, Func<TValue, TMessage> write)
    {
        foreach ((string name, TValue value) in values)
        {
            messages.Add(name, write(value));
        }
    }
}
