using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Mcp;

/// <summary>
/// The arguments that an agent gave a tool, or one object among them, read strictly: a misspelled name is told and not passed over, since who wrote it can write it anew.
/// Thread safety: immutable.
/// </summary>
internal sealed class ToolArguments
{
    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private readonly Dictionary<string, JsonElement> _values;
    private readonly string _prefix;

    /// <summary>Takes values by name.</summary>
    /// <param name="values">The values; null stands for an argument that is not given.</param>
    /// <param name="known">The names that may occur.</param>
    /// <param name="prefix">Where they stand, for messages: empty, or as <c>records[3].</c></param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: there is another name.</exception>
    public ToolArguments(IEnumerable<KeyValuePair<string, JsonElement>> values, IReadOnlyCollection<string> known, string prefix = "")
    {
        var taken = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach ((string name, JsonElement value) in values)
        {
            if (!known.Contains(name))
            {
                throw Wrong($"There is no argument \"{prefix}{name}\"; there are {string.Join(", ", known)}.");
            }

            if (value.ValueKind != JsonValueKind.Null && !taken.TryAdd(name, value))
            {
                throw Wrong($"The argument \"{prefix}{name}\" is given twice.");
            }
        }

        _values = taken;
        _prefix = prefix;
    }

    /// <summary>The error of arguments that cannot be carried out.</summary>
    public static HypervexException Wrong(string message) => new(ErrorCode.InvalidArgument, message);

    /// <summary>Whether an argument is given.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A text; null when it is not given.</summary>
    public string? Text(string name) => Find(name, "a string", JsonValueKind.String)?.GetString();

    /// <summary>A text that must be given.</summary>
    public string RequiredText(string name) => Text(name) ?? throw Missing(name);

    /// <summary>A whole number within a range; null when it is not given.</summary>
    public int? Integer(string name, int least, int most)
    {
        if (Find(name, "a whole number", JsonValueKind.Number) is not { } value)
        {
            return null;
        }

        return value.TryGetInt32(out int number) && number >= least && number <= most
            ? number
            : throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"{_prefix}{name}: expected a whole number from {least} to {most}, found {value.GetRawText()}."));
    }

    /// <summary>A number; null when it is not given.</summary>
    public float? Number(string name) => Find(name, "a number", JsonValueKind.Number) is { } value ? Finite(value, name) : null;

    /// <summary>True or false; false when it is not given.</summary>
    public bool Flag(string name) => Find(name, "true or false", JsonValueKind.True, JsonValueKind.False)?.GetBoolean() ?? false;

    /// <summary>An object; null when it is not given.</summary>
    public JsonObject? Object(string name)
    {
        if (Find(name, "an object", JsonValueKind.Object) is not { } value)
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(value.GetRawText(), documentOptions: _strict)!.AsObject();
        }
        catch (JsonException)
        {
            throw new HypervexException(ErrorCode.InvalidJson, $"{_prefix}{name}: an object in it has the same key twice, or it is nested deeper than {_strict.MaxDepth} levels.");
        }
    }

    /// <summary>A vector; null when it is not given.</summary>
    public float[]? Vector(string name)
    {
        if (Find(name, "an array of numbers", JsonValueKind.Array) is not { } value)
        {
            return null;
        }

        float[] vector = new float[value.GetArrayLength()];
        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            vector[index] = item.ValueKind == JsonValueKind.Number
                ? Finite(item, $"{name}[{index}]")
                : throw new HypervexException(ErrorCode.InvalidVector, string.Create(CultureInfo.InvariantCulture, $"{_prefix}{name}[{index}]: expected a number, found {Kind(item)}."));
            index++;
        }

        return vector;
    }

    /// <summary>Texts; null when they are not given.</summary>
    public IReadOnlyList<string>? Texts(string name) => Find(name, "an array of strings", JsonValueKind.Array) is { } value
        ? [.. value.EnumerateArray().Select((item, index) => Check(item, $"{name}[{index}]", "a string", JsonValueKind.String).GetString()!)]
        : null;

    /// <summary>Texts that must be given.</summary>
    public IReadOnlyList<string> RequiredTexts(string name) => Texts(name) ?? throw Missing(name);

    /// <summary>Objects that must be given, each with the names that may occur in it.</summary>
    public IReadOnlyList<ToolArguments> RequiredObjects(string name, IReadOnlyCollection<string> known) => Find(name, "an array of objects", JsonValueKind.Array) is { } value
        ? [.. value.EnumerateArray().Select((item, index) => Inner(Check(item, $"{name}[{index}]", "an object", JsonValueKind.Object), $"{name}[{index}]", known))]
        : throw Missing(name);

    /// <summary>The vectors of an object by name; null when it is not given.</summary>
    public IReadOnlyDictionary<string, float[]>? Vectors(string name)
    {
        if (Find(name, "an object of vectors", JsonValueKind.Object) is not { } value)
        {
            return null;
        }

        string[] fields = [.. value.EnumerateObject().Select(member => member.Name)];
        ToolArguments members = Inner(value, name, fields);
        return fields.ToDictionary(field => field, field => members.Vector(field) ?? throw members.Missing(field), StringComparer.Ordinal);
    }

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private ToolArguments Inner(JsonElement value, string name, IReadOnlyCollection<string> known) =>
        new(value.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, member.Value)), known, $"{_prefix}{name}.");

    private JsonElement? Find(string name, string expected, params ReadOnlySpan<JsonValueKind> kinds) =>
        _values.TryGetValue(name, out JsonElement value) ? Check(value, name, expected, kinds) : null;

    private JsonElement Check(JsonElement value, string name, string expected, params ReadOnlySpan<JsonValueKind> kinds) =>
        kinds.Contains(value.ValueKind) ? value : throw Wrong($"{_prefix}{name}: expected {expected}, found {Kind(value)}.");

    private float Finite(JsonElement value, string name) => value.GetSingle() is var number && float.IsFinite(number)
        ? number
        : throw new HypervexException(ErrorCode.NonFiniteVector, $"{_prefix}{name}: {value.GetRawText()} is too large for float32.");

    private HypervexException Missing(string name) => Wrong($"The argument \"{_prefix}{name}\" is missing.");
}
