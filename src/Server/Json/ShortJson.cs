using System.Globalization;
using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// An id as the short forms write it: a string, or an integer that stands for its decimal text.
/// Thread safety: immutable.
/// </summary>
/// <param name="Text">The record's id.</param>
/// <param name="IsInteger">Whether the body had an integer, so that the answer has one too.</param>
internal readonly record struct ShortId(string Text, bool IsInteger)
{
    // Beyond 2^53 - 1 readers that keep numbers as float64 would see another integer.
    private const long GreatestSafeInteger = (1L << 53) - 1;

    /// <summary>Writes an id as the integer whose canonical decimal text it is, else as a string.</summary>
    public static void WriteAsIntegerIfItIsOne(Utf8JsonWriter writer, string id)
    {
        if (long.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer)
            && integer is >= -GreatestSafeInteger and <= GreatestSafeInteger
            && integer.ToString(CultureInfo.InvariantCulture) == id)
        {
            writer.WriteNumberValue(integer);
        }
        else
        {
            writer.WriteStringValue(id);
        }
    }

    /// <summary>Writes the id as the body had it.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        if (IsInteger)
        {
            writer.WriteRawValue(Text);
        }
        else
        {
            writer.WriteStringValue(Text);
        }
    }

    /// <summary>The id that the reader stands on; null for null.</summary>
    public static ShortId? Read(ref StrictJson json) => json.Reader.TokenType == JsonTokenType.Number
        ? new ShortId(json.ReadInteger(long.MinValue, long.MaxValue)!.Value.ToString(CultureInfo.InvariantCulture), IsInteger: true)
        : json.ReadString() is { } text ? new ShortId(text, IsInteger: false) : null;
}

/// <summary>
/// The bodies of the short forms: <c>POST /insert</c> and <c>/update</c> (id, vector, metadata, expires_at), <c>/delete</c> (id),
/// and <c>/search</c> with <c>{"query_vector", "k"}</c> or <c>{"vector"}</c>.
/// Thread safety: immutable.
/// </summary>
internal sealed record ShortJson
{
    private static readonly KeySet _insertKeys = new("id", "vector", "metadata", "expires_at");
    private static readonly KeySet _deleteKeys = new("id");
    private static readonly KeySet _searchKeys = new("query_vector", "k", "vector");

    /// <summary>The id, where the body has one.</summary>
    public ShortId? Id { get; private init; }

    /// <summary>The vector of the record, or the query of the second search form.</summary>
    public float[]? Vector { get; private init; }

    /// <summary>The query of the first search form.</summary>
    public float[]? QueryVector { get; private init; }

    /// <summary>Results of the first search form, 1 to 10,000; null = the default.</summary>
    public int? K { get; private init; }

    /// <summary>The metadata.</summary>
    public MetadataObject? Metadata { get; private init; }

    /// <summary>When the record expires; null when nothing is said, or never.</summary>
    public DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>Whether it is said that the record never expires.</summary>
    public bool NeverExpires { get; private init; }

    /// <summary>The body of /insert or /update.</summary>
    public static ShortJson ReadRecord(ref StrictJson json) => Read(ref json, _insertKeys);

    /// <summary>The body of /delete.</summary>
    public static ShortJson ReadDelete(ref StrictJson json) => Read(ref json, _deleteKeys);

    /// <summary>The body of /search.</summary>
    public static ShortJson ReadSearch(ref StrictJson json)
    {
        ShortJson search = Read(ref json, _searchKeys);
        if (search.Vector is not null && (search.QueryVector is not null || search.K is not null))
        {
            throw json.Fail(ErrorCode.InvalidArgument, "\"vector\" (with ?top_k=) and \"query_vector\" (with \"k\") are two forms and exclude each other.");
        }

        return search.Vector is null && search.QueryVector is null
            ? throw json.Fail(ErrorCode.InvalidVector, "the query is missing; give \"query_vector\" or \"vector\".")
            : search;
    }

    private static ShortJson Read(ref StrictJson json, KeySet keys)
    {
        json.ExpectObject();
        var body = new ShortJson();
        ulong seen = 0;
        while (json.NextKey(keys, ref seen) is { } key)
        {
            body = key switch
            {
                "id" => body with { Id = ShortId.Read(ref json) },
                "vector" => body with { Vector = VectorJson.Read(ref json) },
                "query_vector" => body with { QueryVector = VectorJson.Read(ref json) },
                "k" => body with { K = (int?)json.ReadInteger(1, Limits.MaxK) },
                "expires_at" => body with { ExpiresAt = RecordJson.ReadExpiry(ref json, out bool never), NeverExpires = never },
                _ => body with { Metadata = ContentJson.ReadMetadata(ref json) },
            };
        }

        return body;
    }
}
