using System.Globalization;
using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// A collection to create: <c>{"name", "dimension", "metric", "curvature", "project", "index": {"type", "m", "ef_construction", "ef"}, "quantization",
/// "capacity", "durability", "field_indexes": {"lang": "keyword", ..}}</c>, or with <c>"vectors": {"title": {"dimension", ..}, ..}</c> instead of the short form for one field.
/// Thread safety: immutable.
/// </summary>
/// <param name="Name">The name as the body has it.</param>
/// <param name="Options">Schema and settings.</param>
internal sealed record CollectionJson(string Name, CollectionOptions Options)
{
    private static readonly KeySet _keys = new("name", "capacity", "durability", "vectors", "field_indexes", "dimension", "metric", "curvature", "project", "index", "quantization");
    private static readonly KeySet _fieldKeys = new("dimension", "metric", "curvature", "project", "index", "quantization");
    private static readonly KeySet _indexKeys = new("type", "m", "ef_construction", "ef");

    /// <summary>The collection that the reader stands on.</summary>
    public static CollectionJson Read(ref StrictJson json)
    {
        json.ExpectObject();
        string? name = null;
        long? capacity = null;
        Durability? durability = null;
        IReadOnlyDictionary<string, VectorFieldOptions>? fields = null;
        Dictionary<string, FieldIndexType>? indexes = null;
        VectorFieldOptions? shortForm = null;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "name":
                    name = json.ReadString();
                    break;
                case "capacity":
                    capacity = json.ReadInteger(1, long.MaxValue);
                    break;
                case "durability":
                    durability = DurabilityName.Read(ref json);
                    break;
                case "vectors":
                    fields = ReadFields(ref json);
                    break;
                case "field_indexes":
                    indexes = FieldIndexJson.ReadAll(ref json);
                    break;
                default:
                    shortForm = ReadSetting(ref json, key, shortForm ?? new VectorFieldOptions());
                    break;
            }
        }

        if (name is null)
        {
            throw json.Fail(ErrorCode.InvalidJson, "the key \"name\" is missing.");
        }

        if (fields is not null && shortForm is not null)
        {
            throw json.Fail(ErrorCode.InvalidArgument, "\"vectors\" excludes \"dimension\", \"metric\", \"curvature\", \"project\", \"index\" and \"quantization\", which are its short form for one field.");
        }

        fields ??= new Dictionary<string, VectorFieldOptions> { [""] = shortForm ?? new VectorFieldOptions() };
        return new CollectionJson(name, new CollectionOptions { Vectors = fields, Capacity = capacity, Durability = durability, FieldIndexes = indexes ?? [] });
    }

    private static Dictionary<string, VectorFieldOptions>? ReadFields(ref StrictJson json)
    {
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        json.ExpectObject();
        var fields = new Dictionary<string, VectorFieldOptions>(StringComparer.Ordinal);
        int depth = json.Path.Depth;
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndObject; json.Next())
        {
            string name = json.Text();
            if (fields.ContainsKey(name))
            {
                throw json.Fail(ErrorCode.InvalidJson, $"the key {JsonPath.Quote(name)} appears more than once.");
            }

            if (fields.Count == Limits.MaxVectorFields)
            {
                throw json.Fail(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"a collection has at most {Limits.MaxVectorFields} vector fields."));
            }

            json.Path.Enter(name);
            json.Next();
            fields.Add(name, ReadField(ref json));
            json.Path.LeaveTo(depth);
        }

        return fields;
    }

    private static VectorFieldOptions ReadField(ref StrictJson json)
    {
        json.ExpectObject();
        var field = new VectorFieldOptions();
        ulong seen = 0;
        while (json.NextKey(_fieldKeys, ref seen) is { } key)
        {
            field = ReadSetting(ref json, key, field);
        }

        return field;
    }

    private static VectorFieldOptions ReadSetting(ref StrictJson json, string key, VectorFieldOptions field) => key switch
    {
        "dimension" => field with { Dimension = (int?)json.ReadInteger(1, Limits.MaxDimension) },
        "metric" => field with { Metric = ReadName(ref json, field.Metric) },
        "curvature" => field with { Curvature = json.ReadDouble() ?? field.Curvature },
        "project" => field with { Project = json.ReadBoolean() },
        "index" => field with { Index = ReadIndex(ref json) },
        _ => field with { Quantization = ReadName(ref json, field.Quantization) },
    };

    /// <summary>The value whose name the reader stands on; the default where it stands on null.</summary>
    public static TEnum ReadName<TEnum>(ref StrictJson json, TEnum defaultValue)
        where TEnum : struct, Enum
    {
        if (json.ReadString() is not { } name)
        {
            return defaultValue;
        }

        return WireName<TEnum>.TryParse(name, out TEnum value)
            ? value
            : throw json.Fail(ErrorCode.InvalidArgument, $"{JsonPath.Quote(name)} is not known; known are {WireName<TEnum>.Known}.");
    }

    private static HnswOptions ReadIndex(ref StrictJson json)
    {
        var index = new HnswOptions();
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return index;
        }

        json.ExpectObject();
        ulong seen = 0;
        while (json.NextKey(_indexKeys, ref seen) is { } key)
        {
            switch (key)
            {
                case "type":
                    index = index with { Type = ReadName(ref json, index.Type) };
                    break;
                case "m":
                    index = index with { M = (int)(json.ReadInteger(Limits.MinM, Limits.MaxM) ?? index.M) };
                    break;
                case "ef_construction":
                    index = index with { EfConstruction = (int)(json.ReadInteger(1, Limits.MaxEfConstruction) ?? index.EfConstruction) };
                    break;
                default:
                    index = index with { Ef = (int)(json.ReadInteger(1, Limits.MaxEf) ?? index.Ef) };
                    break;
            }
        }

        return index;
    }
}
