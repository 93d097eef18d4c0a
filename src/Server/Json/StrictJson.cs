using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Hypervex.Server.Json;

/// <summary>
/// Reads a request's JSON strictly, in one pass and without reflection: unknown and duplicate keys, wrong types, more than
/// 32 levels, trailing text, invalid UTF-8 and lone surrogates are refused with the JSON path of the fault. A null value
/// means the same as an absent key.
/// Invariant: between two calls the reader stands on the last token of the value that was read last.
/// Thread safety: one caller at a time.
/// </summary>
internal ref struct StrictJson
{
    /// <summary>Greatest nesting of a body; the outermost object is level 1.</summary>
    public const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _utf8;
    private readonly Predicate<string>? _isBits;
    private int _base;

    /// <summary>The token reader. Its position counts from where the last vector ended.</summary>
    public Utf8JsonReader Reader;

    private StrictJson(ReadOnlySpan<byte> utf8, Predicate<string>? isBits)
    {
        _isBits = isBits;
        _utf8 = utf8;
        Path = new JsonPath();
        Reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>Reads a value from the reader.</summary>
    public delegate T ValueReader<T>(ref StrictJson json);

    /// <summary>Where the reader stands.</summary>
    public JsonPath Path { get; }

    /// <summary>The bytes behind the reader's token.</summary>
    public readonly ReadOnlySpan<byte> Rest => _utf8[Offset..];

    private readonly int Offset => _base + (int)Reader.BytesConsumed;

    /// <summary>Reads a whole body as one value.</summary>
    /// <param name="utf8">The body.</param>
    /// <param name="read">Reads the value.</param>
    /// <param name="isBits">Whether the vector field with a name holds bits; asked only when a vector is given as text.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidJson"/>, or what the value's reader throws.</exception>
    public static T ReadDocument<T>(ReadOnlySpan<byte> utf8, ValueReader<T> read, Predicate<string>? isBits = null)
    {
        var json = new StrictJson(utf8, isBits);
        json.CheckText();
        try
        {
            json.Next();
            T value = read(ref json);
            json.Reader.Read();
            return value;
        }
        catch (JsonException)
        {
            throw json.Malformed();
        }
    }

    /// <summary>Whether the vector field with a name holds bits.</summary>
    public readonly bool IsBits(string field) => _isBits?.Invoke(field) ?? false;

    /// <summary>Moves to the next token.</summary>
    public void Next()
    {
        if (!Reader.Read())
        {
            throw Malformed();
        }
    }

    /// <summary>Goes on reading at this many bytes behind the token; what lies between has been read as part of it.</summary>
    public void Skip(int bytes)
    {
        _base = Offset + bytes;
        Reader = new Utf8JsonReader(_utf8[_base..], isFinalBlock: true, Reader.CurrentState);
    }

    /// <summary>Checks that the reader stands on an object.</summary>
    public readonly void ExpectObject() => Expect(JsonTokenType.StartObject, "an object");

    /// <summary>Checks that the reader stands on an array.</summary>
    public readonly void ExpectArray() => Expect(JsonTokenType.StartArray, "an array");

    /// <summary>Moves to the value of the object's next key.</summary>
    /// <param name="keys">The keys that the object may have.</param>
    /// <param name="seen">One bit for each key that came already; starts as 0.</param>
    /// <returns>The key; null at the object's end.</returns>
    public string? NextKey(KeySet keys, ref ulong seen)
    {
        if (seen != 0)
        {
            Path.LeaveTo(Path.Depth - 1);
        }

        Next();
        if (Reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        int index = Find(keys);
        if (index < 0)
        {
            throw Fail(ErrorCode.InvalidJson, $"the key {JsonPath.Quote(Text())} is not known here; known are {keys}.");
        }

        string key = keys[index];
        if ((seen & (1UL << index)) != 0)
        {
            throw Fail(ErrorCode.InvalidJson, $"the key \"{key}\" appears more than once.");
        }

        seen |= 1UL << index;
        Path.Enter(key);
        Next();
        return key;
    }

    /// <summary>Moves to the array's next item.</summary>
    /// <param name="index">Index of the item that was read last; starts as -1.</param>
    /// <returns>False at the array's end.</returns>
    public bool NextItem(ref int index)
    {
        if (index >= 0)
        {
            Path.LeaveTo(Path.Depth - 1);
        }

        Next();
        if (Reader.TokenType == JsonTokenType.EndArray)
        {
            return false;
        }

        Path.Enter(++index);
        return true;
    }

    /// <summary>The string that the reader stands on; null for null.</summary>
    public string? ReadString()
    {
        if (Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Expect(JsonTokenType.String, "a string");
        return Text();
    }

    /// <summary>The boolean that the reader stands on; false for null.</summary>
    public readonly bool ReadBoolean() => Reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False or JsonTokenType.Null => false,
        _ => throw Unexpected("true or false"),
    };

    /// <summary>The integer that the reader stands on; null for null.</summary>
    public long? ReadInteger(long least, long greatest)
    {
        switch (Reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number when Reader.TryGetInt64(out long value) && value >= least && value <= greatest:
                return value;
            case JsonTokenType.Number:
                throw OutOfRange(Encoding.UTF8.GetString(Reader.ValueSpan), least, greatest);
            case JsonTokenType.String:
                throw OutOfRange($"the string {JsonPath.Quote(Text())}", least, greatest);
            default:
                throw Unexpected("an integer");
        }
    }

    /// <summary>The finite float32 that the reader stands on; null for null.</summary>
    public readonly float? ReadSingle()
    {
        if (Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Expect(JsonTokenType.Number, "a number");
        JsonFloat.Read(Reader.ValueSpan, out float value);
        return float.IsFinite(value) ? value : throw Fail(ErrorCode.LimitOutOfRange, "the number is beyond the range of float32.");
    }

    /// <summary>The finite float64 that the reader stands on; null for null.</summary>
    public readonly double? ReadDouble()
    {
        if (Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Expect(JsonTokenType.Number, "a number");
        return Reader.TryGetDouble(out double value) && double.IsFinite(value) ? value : throw Fail(ErrorCode.LimitOutOfRange, "the number is beyond the range of float64.");
    }

    /// <summary>Passes over a value that is ignored on input; objects and arrays are refused.</summary>
    public void ReadIgnored()
    {
        if (Reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            throw Unexpected("a string, number, boolean or null");
        }

        if (Reader.TokenType == JsonTokenType.String)
        {
            _ = Text();
        }
    }

    /// <summary>An error at the place where the reader stands.</summary>
    public readonly HypervexException Fail(ErrorCode code, string message) => new(code, $"{Path}: {message}");

    /// <summary>A wrong type at the place where the reader stands.</summary>
    public readonly HypervexException Unexpected(string expected) =>
        Fail(ErrorCode.InvalidJson, $"expected {expected}, found {Describe(Reader.TokenType)}.");

    /// <summary>Text that is not JSON, at the place where the reader stands.</summary>
    public readonly HypervexException Malformed() => Malformed(Offset);

    /// <summary>The string or key that the reader stands on.</summary>
    public readonly string Text()
    {
        try
        {
            return Reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Fail(ErrorCode.InvalidJson, "the string is not well-formed Unicode: an escaped surrogate stands without its partner.");
        }
    }

    /// <summary>
    /// The better one of two reasons to refuse the body: that it is no JSON at all, if so, rather than what stands in a part of it.
    /// </summary>
    public readonly HypervexException OrMalformed(HypervexException error)
    {
        var reader = new Utf8JsonReader(_utf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
            }

            return error;
        }
        catch (JsonException)
        {
            return Malformed((int)reader.BytesConsumed);
        }
    }

    private readonly HypervexException Malformed(int offset)
    {
        (int line, int column) = Position(offset);
        return Fail(
            ErrorCode.InvalidJson,
            string.Create(CultureInfo.InvariantCulture, $"not well-formed JSON, or nested more than {MaxDepth} levels deep, at or after line {line}, byte {column}."));
    }

    private int Find(KeySet keys)
    {
        try
        {
            return keys.Find(ref Reader);
        }
        catch (InvalidOperationException)
        {
            // The key has an escaped surrogate without its partner; reading it as text says so.
            _ = Text();
            throw;
        }
    }

    private readonly void Expect(JsonTokenType token, string expected)
    {
        if (Reader.TokenType != token)
        {
            throw Unexpected(expected);
        }
    }

    private readonly HypervexException OutOfRange(string actual, long least, long greatest) => Fail(
        ErrorCode.LimitOutOfRange,
        string.Create(CultureInfo.InvariantCulture, $"expected an integer from {least} to {greatest}, found {(actual.Length > 80 ? actual[..80] + "..." : actual)}."));

    private readonly void CheckText()
    {
        if (_utf8.IsEmpty)
        {
            throw Fail(ErrorCode.InvalidJson, "the body is empty; expected a JSON value.");
        }

        if (!Utf8.IsValid(_utf8))
        {
            throw Fail(ErrorCode.InvalidJson, "the body is not well-formed UTF-8.");
        }
    }

    private readonly (int Line, int Column) Position(int offset)
    {
        ReadOnlySpan<byte> before = _utf8[..offset];
        return (before.Count((byte)'\n') + 1, offset - before.LastIndexOf((byte)'\n'));
    }

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => "the end of a value",
    };
}
