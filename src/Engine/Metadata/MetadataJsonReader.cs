using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Hypervex.Metadata;

/// <summary>
/// Reads metadata values from JSON strictly: duplicate keys, lone surrogates, numbers that could not be kept, deep nesting and
/// large values are refused where they stand, before memory is spent on what follows.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class MetadataJsonReader(JsonTrail trail, long maxBytes)
{
    // The worst escape takes six bytes of JSON ("\u0061") for one of text.
    private const int JsonBytesPerByte = 6;
    private long _bytes;

    /// <summary>Reads the whole text as one object.</summary>
    public static MetadataObject ReadDocument(ref Utf8JsonReader reader)
    {
        var trail = new JsonTrail("metadata", ErrorCode.InvalidMetadata);
        try
        {
            trail.Next(ref reader);
            MetadataObject metadata = ReadOutermost(ref reader, trail);

            // Throws when anything but blanks follows.
            reader.Read();
            return metadata;
        }
        catch (JsonException cause)
        {
            throw trail.Malformed(cause);
        }
    }

    /// <summary>Reads the object that the reader stands on, or before.</summary>
    public static MetadataObject ReadMetadata(ref Utf8JsonReader reader)
    {
        var trail = new JsonTrail("metadata", ErrorCode.InvalidMetadata);
        try
        {
            if (reader.TokenType is JsonTokenType.None or JsonTokenType.PropertyName)
            {
                trail.Next(ref reader);
            }

            return ReadOutermost(ref reader, trail);
        }
        catch (JsonException cause)
        {
            throw trail.Malformed(cause);
        }
    }

    /// <summary>Reads the value that the reader stands on.</summary>
    /// <param name="reader">Stands on the value's first token; afterwards on its last.</param>
    /// <param name="level">How many containers stand around the value.</param>
    public MetadataValue ReadValue(ref Utf8JsonReader reader, int level)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                Spend(1);
                return MetadataValue.Null;
            case JsonTokenType.True or JsonTokenType.False:
                Spend(1);
                return reader.TokenType == JsonTokenType.True;
            case JsonTokenType.Number:
                Spend(1 + MetadataTag.NumberBytes);
                return ReadNumber(ref reader);
            case JsonTokenType.String:
                return ReadText(ref reader, 1);
            case JsonTokenType.StartArray:
                Spend(1 + MetadataTag.LengthBytes);
                return ReadArray(ref reader, level + 1);
            case JsonTokenType.StartObject:
                Spend(1 + MetadataTag.LengthBytes);
                return new MetadataObject(ReadMembers(ref reader, level + 1), readOnly: true);
            default:
                throw trail.NotStrict($"expected a value, found {JsonTrail.Describe(reader.TokenType)}.");
        }
    }

    private static MetadataObject ReadOutermost(ref Utf8JsonReader reader, JsonTrail trail)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw trail.NotStrict($"expected an object, found {JsonTrail.Describe(reader.TokenType)}.");
        }

        var values = new MetadataJsonReader(trail, Limits.MaxMetadataBytes);
        return new MetadataObject(values.ReadMembers(ref reader, level: 1), readOnly: false);
    }

    private MetadataValue ReadArray(ref Utf8JsonReader reader, int level)
    {
        CheckLevel(level);
        var items = new List<MetadataValue>();
        for (trail.Next(ref reader); reader.TokenType != JsonTokenType.EndArray; trail.Next(ref reader))
        {
            trail.EnterItem(items.Count);
            items.Add(ReadValue(ref reader, level));
            trail.Leave();
        }

        return new MetadataValue(new MetadataArray([.. items]));
    }

    private List<KeyValuePair<string, MetadataValue>> ReadMembers(ref Utf8JsonReader reader, int level)
    {
        CheckLevel(level);
        var members = new List<KeyValuePair<string, MetadataValue>>();
        for (trail.Next(ref reader); reader.TokenType != JsonTokenType.EndObject; trail.Next(ref reader))
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                throw trail.NotStrict($"expected a member, found {JsonTrail.Describe(reader.TokenType)}.");
            }

            string key = ReadText(ref reader, 0);
            trail.Enter(key);
            trail.Next(ref reader);
            members.Add(new(key, ReadValue(ref reader, level)));
            trail.Leave();
        }

        members.Sort((left, right) => UnicodeText.CompareAsUtf8(left.Key, right.Key));
        for (int i = 1; i < members.Count; i++)
        {
            if (members[i - 1].Key == members[i].Key)
            {
                throw trail.NotStrict($"the key {JsonTrail.Quote(members[i].Key)} appears more than once.");
            }
        }

        return members;
    }

    private string ReadText(ref Utf8JsonReader reader, int tagBytes)
    {
        long jsonBytes = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
        if (jsonBytes / JsonBytesPerByte > maxBytes)
        {
            Spend(jsonBytes / JsonBytesPerByte);
        }

        string text = trail.Text(ref reader);
        Spend(tagBytes + MetadataTag.LengthBytes + Encoding.UTF8.GetByteCount(text));
        return text;
    }

    private MetadataValue ReadNumber(ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out long integer))
        {
            return integer;
        }

        string digits = reader.HasValueSequence
            ? Encoding.UTF8.GetString(reader.ValueSequence)
            : Encoding.UTF8.GetString(reader.ValueSpan);
        if (digits.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            throw trail.Refuse($"the integer {Shorten(digits)} is outside of int64 ({long.MinValue} to {long.MaxValue}) and could not be kept exactly. Write it as a string.");
        }

        double value = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(value)
            ? value
            : throw trail.Refuse($"the number {Shorten(digits)} is beyond the range of float64 (about 1.8e308).");
    }

    private void CheckLevel(int level)
    {
        if (level > Limits.MaxMetadataDepth)
        {
            throw trail.Refuse(string.Create(CultureInfo.InvariantCulture, $"nested more than {Limits.MaxMetadataDepth} levels deep; the outermost object is level 1, arrays count."));
        }
    }

    private void Spend(long bytes)
    {
        _bytes += bytes;
        if (_bytes > maxBytes)
        {
            throw trail.Refuse(string.Create(CultureInfo.InvariantCulture, $"more than {maxBytes} bytes in the canonical encoding up to here; that is the limit."));
        }
    }

    private static string Shorten(string digits) => digits.Length <= 40 ? digits : digits[..40] + "...";
}
