using System.Text;
using System.Text.Json;
using Hypervex.Metadata;

namespace Hypervex;

/// <summary>
/// A condition on metadata, one tree with two spellings: the builder (<c>Filter.Field("year") &gt;= 2020 &amp; ...</c>) and the
/// JSON language of docs/filters.md (<c>{"year": {"$gte": 2020}}</c>). Equal filters of either spelling are equal. At most
/// 256 conditions and groups, 32 levels, 1 MB of operands.
/// Thread safety: immutable.
/// </summary>
/// <example><code>Filter.Field("year") &gt;= 2020 &amp; (Filter.Field("lang") == "en" | !Filter.Field("tags").Contains("draft"))</code></example>
public sealed class Filter : IEquatable<Filter>
{
    // Of a filter's own text; a REST body is read with the limit of its endpoint. The tree's levels are limited by themselves.
    private const int MaxJsonDepth = 128;

    private Filter(FilterNode root) => Root = root;

    /// <summary>The names of the fields that the filter asks about, each once, in order of appearance.</summary>
    public IReadOnlyList<string> FieldNames
    {
        get
        {
            var names = new List<string>();
            Root.CollectFields(names);
            return names;
        }
    }

    /// <summary>The tree, for evaluators and planners.</summary>
    internal FilterNode Root { get; }

    /// <summary>Starts a condition on the field with this name; dots lead into nested objects.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: a name that begins with $, or is not well-formed Unicode.</exception>
    public static FieldFilter Field(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.StartsWith('$') || UnicodeText.IndexOfLoneSurrogate(name) >= 0)
        {
            throw new HypervexException(ErrorCode.InvalidFilter, $"filter: expected a field's name (well-formed Unicode that does not begin with $), found {JsonTrail.Quote(name)}.");
        }

        return new FieldFilter(new FieldPath(name));
    }

    /// <summary>Reads the JSON form strictly; errors name the path.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>, or <see cref="ErrorCode.InvalidJson"/> when it is no JSON.</exception>
    public static Filter Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        int at = UnicodeText.IndexOfLoneSurrogate(json);
        return at < 0 ? Parse(Encoding.UTF8.GetBytes(json)) : throw JsonTrail.LoneSurrogate("filter", at);
    }

    /// <summary>Reads the JSON form from UTF-8 strictly.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>, or <see cref="ErrorCode.InvalidJson"/> when it is no JSON.</exception>
    public static Filter Parse(ReadOnlySpan<byte> utf8Json)
    {
        var reader = new Utf8JsonReader(utf8Json, new JsonReaderOptions { MaxDepth = MaxJsonDepth });
        return Create(FilterJsonReader.ReadDocument(ref reader));
    }

    /// <summary>Reads the object that the reader stands on (or before); afterwards the reader stands on the object's end.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>, or <see cref="ErrorCode.InvalidJson"/> when it is no JSON.</exception>
    public static Filter Read(ref Utf8JsonReader reader) => Create(FilterJsonReader.ReadFilter(ref reader));

    /// <summary>Both conditions.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: together larger than a filter may be.</exception>
    public static Filter operator &(Filter left, Filter right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return Create(FilterGroup.All([left.Root, right.Root]));
    }

    /// <summary>Either condition.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: together larger than a filter may be.</exception>
    public static Filter operator |(Filter left, Filter right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return Create(FilterGroup.Any([left.Root, right.Root]));
    }

    /// <summary>Not the condition; it also matches where the field is missing.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: larger than a filter may be.</exception>
    public static Filter operator !(Filter operand)
    {
        ArgumentNullException.ThrowIfNull(operand);
        return Create(FilterNegation.Of(operand.Root));
    }

    /// <summary>The JSON form, without blanks.</summary>
    public string ToJson() => FilterJsonWriter.ToJson(Root);

    /// <summary>Writes the JSON form.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        FilterJsonWriter.Write(writer, Root);
    }

    /// <summary>Whether the metadata satisfies the condition; null is an empty object.</summary>
    public bool Matches(MetadataObject? metadata) => ObjectEvaluator.Matches(Root, metadata ?? new MetadataObject());

    /// <summary>Whether both are the same tree.</summary>
    public bool Equals(Filter? other) => other is not null && Root.Equals(other.Root);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Filter);

    /// <inheritdoc/>
    public override int GetHashCode() => Root.GetHashCode();

    /// <summary>The JSON form.</summary>
    public override string ToString() => ToJson();

    /// <summary>
    /// Whether the canonical encoding (docs/formats/metadata.md) of an object satisfies the condition. Allocates nothing. The
    /// bytes must be valid.
    /// </summary>
    internal bool Matches(ReadOnlySpan<byte> canonical) => BytesEvaluator.Matches(Root, canonical);

    /// <summary>The filter as it is meant where some fields are declared as datetime; this one when it asks about none of them.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: a date is compared with what is none; the message names the path.</exception>
    internal Filter OnDates(Func<string, bool> isDate) => FieldNames.Any(isDate) ? new Filter(new DateBinding(isDate).Bind(Root)) : this;

    /// <summary>A filter of a tree whose size is within the limits.</summary>
    internal static Filter Create(FilterNode root)
    {
        string? excess = root.FindExcess();
        return excess is null ? new Filter(root) : throw new HypervexException(ErrorCode.InvalidFilter, $"filter: {excess}");
    }
}
