using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>How an answer writes vectors: <c>vector_format</c>.</summary>
internal enum VectorFormat
{
    /// <summary>Arrays of numbers.</summary>
    Array,

    /// <summary>Base64 of <see cref="VectorBytes"/>.</summary>
    Base64,
}

/// <summary>
/// Writes the vectors of one collection's records in a <see cref="VectorFormat"/>; the default value writes arrays.
/// Thread safety: immutable.
/// </summary>
internal readonly struct VectorText
{
    private readonly HashSet<string>? _bitFields;

    /// <summary>Writes in a format.</summary>
    /// <param name="format">The format.</param>
    /// <param name="collection">Whose vectors they are.</param>
    public VectorText(VectorFormat format, Collection collection)
    {
        if (format == VectorFormat.Base64)
        {
            _bitFields = collection.Options.Vectors.Where(field => field.Value.Metric == Metric.Hamming).Select(field => field.Key).ToHashSet(StringComparer.Ordinal);
        }
    }

    /// <summary>The format that the reader stands on.</summary>
    public static VectorFormat Read(ref StrictJson json)
    {
        string? name = json.ReadString();
        return Parse(name) ?? throw json.Fail(ErrorCode.InvalidArgument, Unknown(name!));
    }

    /// <summary>The format that a query parameter names.</summary>
    public static VectorFormat ParseQuery(string? name) => Parse(name) ?? throw new HypervexException(ErrorCode.InvalidArgument, "vector_format: " + Unknown(name!));

    /// <summary>Writes a vector as a value.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="field">The vector's field.</param>
    /// <param name="vector">The vector.</param>
    public void Write(Utf8JsonWriter writer, string field, float[] vector)
    {
        if (_bitFields is not null)
        {
            writer.WriteBase64StringValue(VectorBytes.Of(vector, _bitFields.Contains(field)));
            return;
        }

        writer.WriteStartArray();
        foreach (float component in vector)
        {
            writer.WriteNumberValue(component);
        }

        writer.WriteEndArray();
    }

    private static VectorFormat? Parse(string? name) => name switch
    {
        null or "array" => VectorFormat.Array,
        "base64" => VectorFormat.Base64,
        _ => null,
    };

    private static string Unknown(string name) => $"expected \"array\" or \"base64\", found {JsonPath.Quote(name)}.";
}
