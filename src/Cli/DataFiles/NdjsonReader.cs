using System.Globalization;
using System.Text.Json;
using Hypervex.Wire;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Reads one JSON record per line, in the shape of the REST API: <c>vector_id</c> (or <c>id</c>), <c>vector</c>,
/// <c>vectors</c>, <c>metadata</c>, <c>document</c>, <c>expires_at</c>, <c>created_at</c>; <c>updated_at</c> and <c>version</c> are passed over.
/// Strict: other keys, duplicates and wrong types are errors. Blank lines are skipped.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class NdjsonReader : IVectorReader
{
    private static readonly string[] Keys = ["vector_id", "id", "vector", "vectors", "metadata", "document", "created_at", "updated_at", "version", "expires_at"];
    private readonly FileBytes _file;
    private readonly LineReader _lines;
    private readonly RowChecks _checks;
    private readonly Dictionary<string, RowChecks> _namedChecks = new(StringComparer.Ordinal);
    private readonly JsonComponents _components;
    private long _next;

    /// <summary>Takes the file over, which stands on its beginning.</summary>
    public NdjsonReader(FileBytes file, FormatOptions options)
    {
        _file = file;
        _lines = new LineReader(file);
        _checks = new RowChecks(file.Path, options.Dimension);
        _components = new JsonComponents(file.Path);
    }

    public string Path => _file.Path;

    public long? Count => null;

    public int? Dimension => _checks.Dimension;

    public bool TryRead(ref VectorRow row)
    {
        while (_lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (line.Trim(" \t"u8).IsEmpty)
            {
                continue;
            }

            row = ReadRecord(line, row.Vector);
            _next++;
            return true;
        }

        return false;
    }

    public void Dispose() => _file.Dispose();

    private VectorRow ReadRecord(ReadOnlySpan<byte> line, float[]? reusable)
    {
        var row = new VectorRow { Number = _next, Vector = [] };
        var reader = new Utf8JsonReader(line);
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Wrong("a JSON object", Describe(reader.TokenType));
            }

            int seen = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                int key = KeyOf(ref reader);
                if ((seen & (1 << key)) != 0)
                {
                    throw Wrong("each key once", $"\"{Keys[key]}\" twice");
                }

                seen |= 1 << key;
                reader.Read();
                ReadMember(ref reader, Keys[key], ref row, reusable);
            }

            // Throws when anything but blanks follows.
            reader.Read();
        }
        catch (JsonException cause)
        {
            throw new DataFileException(
                Path, _next, "a line of JSON", string.Create(CultureInfo.InvariantCulture, $"text that is not, from byte {cause.BytePositionInLine + 1} of line {_lines.Lines}"), cause);
        }
        catch (HypervexException cause)
        {
            throw new DataFileException(Path, _next, "metadata that can be stored", cause.Message.TrimEnd('.'), cause);
        }

        if (row.Vector.Length == 0 && row.Vectors is null)
        {
            throw Wrong("\"vector\" or \"vectors\"", "neither");
        }

        return row;
    }

    private void ReadMember(ref Utf8JsonReader reader, string key, ref VectorRow row, float[]? reusable)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        switch (key)
        {
            case "vector_id" or "id":
                row.Id = row.Id is null ? ReadId(ref reader) : throw Wrong("one of \"vector_id\" and \"id\"", "both");
                break;
            case "vector":
                row.Vector = _components.Read(ref reader, _next, _checks, reusable);
                break;
            case "vectors":
                row.Vectors = ReadNamed(ref reader);
                break;
            case "metadata":
                row.Metadata = MetadataObject.Read(ref reader);
                break;
            case "document":
                row.Document = reader.TokenType == JsonTokenType.String
                    ? Text(ref reader)
                    : throw Wrong("\"document\" to be a string", Describe(reader.TokenType));
                break;
            case "expires_at":
                row.ExpiresAt = reader.TokenType == JsonTokenType.String && WireTime.TryReadExpiry(Text(ref reader), out DateTimeOffset? end)
                    ? end
                    : throw Wrong($"\"expires_at\" to be {WireTime.Expected}", Describe(reader.TokenType));
                break;
            case "created_at":
                row.CreatedAt = reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out DateTimeOffset time)
                    ? time
                    : throw Wrong("\"created_at\" to be a time in ISO 8601, like \"2026-01-27T12:00:00Z\"", Describe(reader.TokenType));
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private int KeyOf(ref Utf8JsonReader reader)
    {
        for (int i = 0; i < Keys.Length; i++)
        {
            if (reader.ValueTextEquals(Keys[i]))
            {
                return i;
            }
        }

        throw Wrong("the keys " + string.Join(", ", Keys), $"\"{Text(ref reader)}\"");
    }

    private string ReadId(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => Text(ref reader),
        JsonTokenType.Number when reader.TryGetInt64(out long number) => number.ToString(CultureInfo.InvariantCulture),
        _ => throw Wrong("an id that is a string or an integer", Describe(reader.TokenType)),
    };

    private Dictionary<string, float[]> ReadNamed(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Wrong("\"vectors\" to be an object of vectors by name", Describe(reader.TokenType));
        }

        var named = new Dictionary<string, float[]>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = Text(ref reader);
            reader.Read();
            if (!_namedChecks.TryGetValue(name, out RowChecks? checks))
            {
                _namedChecks[name] = checks = new RowChecks(Path, null);
            }

            if (!named.TryAdd(name, _components.Read(ref reader, _next, checks, null)))
            {
                throw Wrong("each name of a vector once", $"\"{name}\" twice");
            }
        }

        return named.Count > 0 ? named : throw Wrong("at least one vector in \"vectors\"", "none");
    }

    private string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException cause)
        {
            throw new DataFileException(Path, _next, "well-formed Unicode", "invalid UTF-8, or a surrogate without its partner", cause);
        }
    }

    private DataFileException Wrong(string expected, string actual) => new(Path, _next, expected, actual);

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => "nothing",
    };
}
