using System.Buffers;
using System.Text.Json;
using Hypervex.Distances;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>One vector field as the collection's file names it. Ids are never reused.</summary>
internal sealed record FieldSchema(uint Id, string Name, VectorFieldOptions Options);

/// <summary>The content of <c>collection.json</c>, immutable (docs/formats/database.md).</summary>
internal sealed record CollectionSchema(string Name, ulong Id, uint Version, long? Capacity, IReadOnlyList<FieldSchema> Fields)
{
    private const string Kind = "collection";

    /// <summary>Durability of writes that name none; null = the database's.</summary>
    public Durability? Durability { get; init; }

    /// <summary>The declared field indexes, in order of their declaration.</summary>
    public IReadOnlyList<FieldIndexSchema> FieldIndexes { get; init; } = [];

    /// <summary>The field with a name, or null.</summary>
    public FieldSchema? Find(string name)
    {
        // Not by the list's enumerator, which would be the only thing that a search allocates.
        for (int i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Name == name)
            {
                return Fields[i];
            }
        }

        return null;
    }

    /// <summary>Whether no vector that comes is the first to decide a dimension.</summary>
    public bool HasAllDimensions
    {
        get
        {
            for (int i = 0; i < Fields.Count; i++)
            {
                if (Fields[i].Options.Dimension is null)
                {
                    return false;
                }
            }

            return true;
        }
    }

    public CollectionOptions ToOptions() => new()
    {
        Capacity = Capacity,
        Durability = Durability,
        Vectors = Fields.ToDictionary(field => field.Name, field => field.Options, StringComparer.Ordinal),
        FieldIndexes = FieldIndexes.ToDictionary(index => index.Field, index => index.Type, StringComparer.Ordinal),
    };

    /// <summary>The first schema of a new collection; the options have been validated.</summary>
    public static CollectionSchema Create(string name, ulong id, CollectionOptions options)
    {
        IEnumerable<string> names = options.Vectors.Keys.Order(StringComparer.Ordinal); // the default field's empty name comes first
        return new CollectionSchema(name, id, 1, options.Capacity, [.. names.Select((field, index) => new FieldSchema((uint)index + 1, field, options.Vectors[field]))])
        {
            Durability = options.Durability,
            FieldIndexes = [.. options.FieldIndexes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new FieldIndexSchema(pair.Key, pair.Value))],
        };
    }

    /// <summary>The next schema, with these field indexes.</summary>
    public CollectionSchema WithFieldIndexes(IReadOnlyList<FieldIndexSchema> indexes) => this with { Version = Version + 1, FieldIndexes = indexes };

    /// <summary>The next schema, with these changes, which have been checked.</summary>
    public CollectionSchema With(CollectionChanges changes) => this with
    {
        Version = Version + 1,
        Capacity = changes.RemoveCapacity ? null : changes.Capacity ?? Capacity,
        Durability = changes.RemoveDurability ? null : changes.Durability ?? Durability,
        Fields = [.. Fields.Select(field => field with { Options = With(changes, field.Name, field.Options) })],
    };

    private static VectorFieldOptions With(CollectionChanges changes, string field, VectorFieldOptions options) => options with
    {
        Index = changes.Ef.TryGetValue(field, out int ef) ? options.Index with { Ef = ef } : options.Index,
        Quantization = changes.Quantization.TryGetValue(field, out QuantizationKind kind) ? kind : options.Quantization,
    };

    /// <summary>The next schema, in which the first vector has decided a field's dimension.</summary>
    public CollectionSchema WithDimension(uint fieldId, int dimension) => this with
    {
        Version = Version + 1,
        Fields = [.. Fields.Select(field => field.Id == fieldId ? field with { Options = field.Options with { Dimension = dimension } } : field)],
    };

    public void Save(IFileSystem files, string directory) => CheckedFile.Replace(files, DatabasePaths.CollectionFile(directory), Kind, Content());

    /// <summary>Checks the file as it stands, and writes it anew when it does not check; says how many bytes were read.</summary>
    public long Scrub(IFileSystem files, string directory, ScrubTally tally) =>
        ScrubOfDescription.Run(files, DatabasePaths.CollectionFile(directory), Kind, () => Content().ToArray(), tally);

    /// <summary>What is wrong with the previous copy; null when it checks, or there is none.</summary>
    public static string? InspectPrevious(IFileSystem files, string directory) => CheckedFile.InspectPrevious(files, DatabasePaths.CollectionFile(directory), Kind);

    /// <summary>Writes the previous copy anew.</summary>
    public void MendPrevious(IFileSystem files, string directory) =>
        CheckedFile.Mend(files, DatabasePaths.CollectionFile(directory) + DatabasePaths.PreviousSuffix, Kind, Content());

    private ReadOnlySpan<byte> Content()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("name", Name);
            json.WriteString("id", DatabasePaths.Hex(Id));
            json.WriteNumber("schema", Version);
            WriteSettings(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }

    /// <summary>Writes the members <c>capacity</c>, <c>durability</c>, <c>fields</c> and <c>field_indexes</c>.</summary>
    public void WriteSettings(Utf8JsonWriter json)
    {
        WriteNumber(json, "capacity", Capacity);
        if (Durability is { } durability)
        {
            json.WriteString("durability", SchemaNames.Of(durability));
        }

        json.WriteStartArray("fields");
        foreach (FieldSchema field in Fields)
        {
            json.WriteStartObject();
            json.WriteNumber("id", field.Id);
            json.WriteString("name", field.Name);
            WriteNumber(json, "dimension", field.Options.Dimension);
            json.WriteString("metric", SchemaNames.Of(field.Options.Metric));
            if (Measure.Of(field.Options).IsHyperbolic)
            {
                json.WriteNumber("curvature", field.Options.Curvature);
                json.WriteBoolean("project", field.Options.Project);
            }

            json.WriteString("quantization", SchemaNames.Of(field.Options.Quantization));
            json.WriteString("index", SchemaNames.Of(field.Options.Index.Type));
            json.WriteNumber("m", field.Options.Index.M);
            json.WriteNumber("ef_construction", field.Options.Index.EfConstruction);
            json.WriteNumber("ef", field.Options.Index.Ef);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        FieldIndexSchema.Write(json, FieldIndexes);
    }

    /// <summary>Reads the members <c>capacity</c>, <c>durability</c>, <c>fields</c> and <c>field_indexes</c>; what is not there or of another type is an exception of the JSON reader.</summary>
    public static CollectionSchema ReadSettings(string name, ulong id, uint version, JsonElement root) => new(
        name,
        id,
        version,
        ReadNumber(root, "capacity", element => element.GetInt64()),
        [.. root.GetProperty("fields").EnumerateArray().Select(ReadField)])
    {
        Durability = root.TryGetProperty("durability", out JsonElement durability) ? SchemaNames.ParseDurability(durability.GetString()!) : null,
        FieldIndexes = FieldIndexSchema.Read(root),
    };

    /// <summary>Reads a collection's file; null when there is none.</summary>
    public static CollectionSchema? Load(IFileSystem files, string directory) => Load(files, directory, out _);

    /// <inheritdoc cref="Load(IFileSystem, string)"/>
    /// <param name="files">Where the file is.</param>
    /// <param name="directory">The collection's directory.</param>
    /// <param name="damage">What was wrong with the file when its previous copy or a correction stood in for it, else null.</param>
    /// <param name="corrects">Whether one flipped bit is corrected.</param>
    public static CollectionSchema? Load(IFileSystem files, string directory, out string? damage, bool corrects = false)
    {
        string path = DatabasePaths.CollectionFile(directory);
        byte[]? content = CheckedFile.Read(files, path, Kind, out damage, corrects);
        if (content is null)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            if (!DatabasePaths.TryParseHex(root.GetProperty("id").GetString(), out ulong id))
            {
                throw new FormatException();
            }

            return ReadSettings(root.GetProperty("name").GetString()!, id, root.GetProperty("schema").GetUInt32(), root);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new HypervexException(ErrorCode.Damaged, $"{path} checks, but is not a collection's description.", exception);
        }
    }

    private static FieldSchema ReadField(JsonElement field) => new(
        field.GetProperty("id").GetUInt32(),
        field.GetProperty("name").GetString()!,
        new VectorFieldOptions
        {
            Dimension = ReadNumber(field, "dimension", element => element.GetInt32()),
            Metric = SchemaNames.ParseMetric(field.GetProperty("metric").GetString()!),
            Curvature = field.TryGetProperty("curvature", out JsonElement curvature) ? curvature.GetDouble() : 1,
            Project = field.TryGetProperty("project", out JsonElement project) && project.GetBoolean(),
            Quantization = SchemaNames.ParseQuantization(field.GetProperty("quantization").GetString()!),
            Index = new HnswOptions
            {
                Type = field.TryGetProperty("index", out JsonElement type) ? SchemaNames.ParseIndexType(type.GetString()!) : IndexType.Hnsw,
                M = field.GetProperty("m").GetInt32(),
                EfConstruction = field.GetProperty("ef_construction").GetInt32(),
                Ef = field.GetProperty("ef").GetInt32(),
            },
        });

    private static void WriteNumber(Utf8JsonWriter json, string name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static T? ReadNumber<T>(JsonElement parent, string name, Func<JsonElement, T> read)
        where T : struct
    {
        JsonElement element = parent.GetProperty(name);
        return element.ValueKind == JsonValueKind.Null ? null : read(element);
    }
}
