using System.Text.Json;

namespace Hypervex;

/// <summary>
/// A condition on metadata, one tree with two spellings: the builder (<c>Filter.Field("year") &gt;= 2020 &amp; ...</c>) and the
/// JSON language of docs/filters.md (<c>{"year": {"$gte": 2020}}</c>). Immutable.
/// </summary>
public sealed class Filter
{
    private Filter()
    {
    }

    /// <summary>Starts a condition on the field with this name.</summary>
    public static FieldFilter Field(string name) => throw new NotImplementedException();

    /// <summary>Reads the JSON form strictly; errors name the path.</summary>
    public static Filter Parse(string json) => throw new NotImplementedException();

    /// <summary>Reads the JSON form from UTF-8 strictly.</summary>
    public static Filter Parse(ReadOnlySpan<byte> utf8Json) => throw new NotImplementedException();

    /// <summary>Reads the object that the reader stands on; afterwards it stands on the object's end.</summary>
    public static Filter Read(ref Utf8JsonReader reader) => throw new NotImplementedException();

    /// <summary>The JSON form.</summary>
    public string ToJson() => throw new NotImplementedException();

    /// <summary>Whether the metadata satisfies the condition.</summary>
    public bool Matches(MetadataObject metadata) => throw new NotImplementedException();

    /// <summary>Both conditions.</summary>
    public static Filter operator &(Filter left, Filter right) => throw new NotImplementedException();

    /// <summary>Either condition.</summary>
    public static Filter operator |(Filter left, Filter right) => throw new NotImplementedException();

    /// <summary>Not the condition.</summary>
    public static Filter operator !(Filter operand) => throw new NotImplementedException();

    /// <summary>Whether the canonical encoding (docs/formats/metadata.md) of an object satisfies the condition.</summary>
    internal bool Matches(ReadOnlySpan<byte> canonical) => throw new NotImplementedException();
}

/// <summary>The left side of a condition; see <see cref="Filter.Field"/>.</summary>
#pragma warning disable CA1815 // A builder step is not compared; its operators build conditions.
public readonly struct FieldFilter
#pragma warning restore CA1815
{
}
