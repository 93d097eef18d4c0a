using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// A record that has passed every check that needs no lock, encoded as the body of a put frame except for the fixed part (versions and
/// times), which the writer fills in. Immutable but for that.
/// </summary>
internal sealed class RecordInput
{
    private RecordInput(byte[] id, byte[] body, int metadataBytes, int vectorsAt)
    {
        MetadataBytes = metadataBytes;
        Id = id;
        Body = body;
        VectorsAt = vectorsAt;
    }

    /// <summary>The id in UTF-8.</summary>
    public byte[] Id { get; }

    /// <summary>The put body; its fixed part is still zero.</summary>
    public byte[] Body { get; }

    /// <summary>Bytes of the encoded metadata in the body.</summary>
    public int MetadataBytes { get; }

    /// <summary>Where the vector section starts in the body.</summary>
    public int VectorsAt { get; }

    public ReadOnlySpan<byte> VectorSection => Body.AsSpan(VectorsAt);

    /// <summary>The timestamp that an import keeps; null = now.</summary>
    public long? CreatedAtMs { get; private init; }

    /// <summary>Field id and dimension of each vector.</summary>
    public List<(uint Field, int Dimension)> Dimensions()
    {
        var dimensions = new List<(uint Field, int Dimension)>();
        RecordBody.TryRead(Body, out RecordBody body);
        foreach (RecordVector vector in body.Vectors)
        {
            dimensions.Add((vector.Field, vector.Dimension));
        }

        return dimensions;
    }

    /// <summary>Checks a record against the schema and encodes it. Dimensions that are undecided accept any length.</summary>
    public static RecordInput Create(VectorRecord record, CollectionSchema schema, bool keepCreatedAt)
    {
        ArgumentNullException.ThrowIfNull(record);
        byte[] id = Names.EncodeId(record.Id);
        List<(FieldSchema Field, float[] Vector)> vectors = Vectors(record.Id, record.Vector, record.Vectors, schema);
        if (vectors.Count == 0)
        {
            throw new HypervexException(ErrorCode.InvalidVector, $"The record \"{record.Id}\" has no vector; expected at least one.");
        }

        return Create(
            id,
            record.Metadata is { Count: > 0 } metadata ? MetadataEncoding.Encode(metadata) : [],
            record.Document is { } document ? Names.EncodeDocument(document) : null,
            vectors,
            keepCreatedAt && record.CreatedAt != default ? record.CreatedAt.ToUnixTimeMilliseconds() : null);
    }

    /// <summary>Encodes what an update makes of a stored record.</summary>
    public static RecordInput Merge(in RecordBody old, RecordUpdate update, CollectionSchema schema, string idForMessages)
    {
        var vectors = new SortedDictionary<uint, (FieldSchema Field, float[] Vector)>();
        foreach (RecordVector stored in old.Vectors)
        {
            uint field = stored.Field;
            if (schema.Fields.FirstOrDefault(candidate => candidate.Id == field) is { } known)
            {
                vectors[field] = (known, VectorShape.Given(stored));
            }
        }

        foreach ((FieldSchema field, float[] vector) in Vectors(idForMessages, update.Vector, update.Vectors, schema))
        {
            vectors[field.Id] = (field, vector);
        }

        byte[] metadata = old.Metadata.ToArray();
        if (update.Metadata is { } change)
        {
            MetadataObject? before = metadata.Length == 0 ? null : MetadataEncoding.Decode(metadata);
            MetadataObject after = update.MetadataMode == MetadataMode.Replace ? change : MetadataMerge.Apply(before, change);
            metadata = after.Count == 0 ? [] : MetadataEncoding.Encode(after);
        }

        byte[]? document = update.Document is { } text ? Names.EncodeDocument(text) : old.HasDocument ? old.Document.ToArray() : null;
        return Create(old.Id.ToArray(), metadata, document, vectors.Values, createdAtMs: null);
    }

    private static RecordInput Create(byte[] id, byte[] metadata, byte[]? document, IReadOnlyCollection<(FieldSchema Field, float[] Vector)> vectors, long? createdAtMs)
    {
        (FieldSchema Field, int Dimension, byte[] Elements)[] shaped = [.. vectors.Select(entry =>
            (entry.Field, DimensionOf(entry.Field, entry.Vector.Length), VectorShape.Elements(entry.Field.Options.Metric, entry.Vector)))];
        int section = shaped.Sum(entry => RecordBody.SizeOfVector(entry.Elements.Length));
        var body = new byte[RecordBody.SizeOf(id.Length, metadata.Length, document?.Length ?? 0, section)];
        int vectorsAt = RecordBody.Write(body, default, id, metadata, document is not null, document, vectors.Count);
        int at = vectorsAt;
        foreach ((FieldSchema field, int dimension, byte[] elements) in shaped)
        {
            at += RecordBody.WriteVector(body.AsSpan(at), field.Id, VectorShape.ElementType(field.Options.Metric), dimension, elements);
        }

        return new RecordInput(id, body, metadata.Length, vectorsAt) { CreatedAtMs = createdAtMs };
    }

    private static int DimensionOf(FieldSchema field, int givenLength) =>
        field.Options.Dimension ?? VectorShape.DimensionOf(field.Options.Metric, givenLength);

    /// <summary>The vectors in order of field id, each checked.</summary>
    private static List<(FieldSchema Field, float[] Vector)> Vectors(string id, float[]? vector, IReadOnlyDictionary<string, float[]>? named, CollectionSchema schema)
    {
        var result = new List<(FieldSchema Field, float[] Vector)>((named?.Count ?? 0) + 1);
        if (vector is not null)
        {
            result.Add((VectorChecks.Field(schema, ""), vector));
        }

        if (named is not null)
        {
            foreach ((string name, float[] value) in named)
            {
                if (name.Length == 0 && vector is not null)
                {
                    throw new HypervexException(ErrorCode.InvalidVector, $"The record \"{id}\" has two vectors for the default field.");
                }

                result.Add((VectorChecks.Field(schema, name), value));
            }

            result.Sort((left, right) => left.Field.Id.CompareTo(right.Field.Id));
        }

        for (int i = 0; i < result.Count; i++)
        {
            (FieldSchema field, float[] value) = result[i];
            result[i] = (field, VectorChecks.Accept(field, value, id));
        }

        return result;
    }
}
