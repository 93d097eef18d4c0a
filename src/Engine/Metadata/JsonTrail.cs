using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hypervex.Metadata;

/// <summary>
/// Where a strict JSON reader stands, as a path for error messages: <c>metadata.tags[3]</c>, <c>filter.$or[1].year.$gte</c>.
/// Also the wording of errors that all readers share.
/// Thread safety: one reader at a time.
/// </summary>
internal sealed class JsonTrail(string root, ErrorCode contentError, ErrorCode strictnessError = ErrorCode.InvalidJson)
{
    private const int LongestQuote = 64;
    private readonly Stack<(string? Name, int Index)> _steps = new();

    public void Enter(string name) => _steps.Push((name, 0));

    public void EnterItem(int index) => _steps.Push((null, index));

    public void Leave() => _steps.Pop();

    /// <summary>Contents that are not allowed, although they are JSON.</summary>
    public HypervexException Refuse(string message) => new(contentError, $"{this}: {message}");

    /// <summary>Duplicate keys, or tokens where they do not belong.</summary>
    public HypervexException NotStrict(string message) => new(strictnessError, $"{this}: {message}");

    /// <summary>The text could not be read as JSON at all.</summary>
    public HypervexException Malformed(JsonException cause) => new(
        ErrorCode.InvalidJson,
        string.Create(CultureInfo.InvariantCulture, $"{this}: not well-formed JSON at line {cause.LineNumber + 1}, byte {cause.BytePositionInLine + 1} of that line."),
        cause);

    public static HypervexException LoneSurrogate(string root, int at) => new(
        ErrorCode.InvalidJson,
        string.Create(CultureInfo.InvariantCulture, $"{root}: the JSON text is not well-formed Unicode: UTF-16 unit {at} is a surrogate without its partner."));

    /// <summary>The next token; the end of the text is an error.</summary>
    public void Next(ref Utf8JsonReader reader)
    {
        if (!reader.Read())
        {
            throw NotStrict("the JSON ends in the middle of a value.");
        }
    }

    /// <summary>The string or name that the reader stands on; invalid UTF-8 and lone surrogates are errors.</summary>
    public string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException cause)
        {
            throw new HypervexException(ErrorCode.InvalidJson, $"{this}: a string is not well-formed Unicode (invalid UTF-8, or an escaped surrogate without its partner).", cause);
        }
    }

    /// <summary>Names the token that the reader stands on, for "expected ..., found ...".</summary>
    public static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.PropertyName => "a name",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        JsonTokenType.None => "nothing",
        JsonTokenType.Comment => "a comment",
        _ => "the end of a value",
    };

    /// <summary>Names a value's kind, for "expected ..., found ...".</summary>
    public static string Describe(MetadataValue value) => value.Kind switch
    {
        MetadataKind.Null => "null",
        MetadataKind.Boolean => "a boolean",
        MetadataKind.Integer or MetadataKind.Float => "a number",
        MetadataKind.String => "a string",
        MetadataKind.Array => "an array",
        _ => Quote(value.ToString()),
    };

    /// <summary>Text for a message: quoted, shortened, without control characters.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"", LongestQuote + 8);
        foreach (char unit in text.AsSpan(0, Math.Min(text.Length, LongestQuote)))
        {
            quoted.Append(char.IsControl(unit) || char.IsSurrogate(unit) ? '?' : unit);
        }

        return quoted.Append(text.Length > LongestQuote ? "...\"" : "\"").ToString();
    }

    public override string ToString()
    {
        var path = new StringBuilder(root);
        foreach ((string? name, int index) in _steps.Reverse())
        {
            if (name is null)
            {
                path.Append('[').Append(index.ToString(CultureInfo.InvariantCulture)).Append(']');
            }
            else
            {
                path.Append('.').Append(name.Length > LongestQuote ? Quote(name) : name);
            }
        }

        return path.ToString();
    }
}
