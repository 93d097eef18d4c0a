using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// Reads vectors: arrays of JSON numbers, straight into float32, or base64 (<see cref="VectorBytes"/>). Every component is checked after its conversion, so that
/// 1e39 is refused as not finite; so are the bare words NaN and Infinity that some writers of JSON produce.
/// Thread safety: one caller at a time for each reader.
/// </summary>
internal static class VectorJson
{
    private const int FirstGuess = 1_024;

    /// <summary>The vector that the reader stands on; null for null.</summary>
    /// <param name="json">The reader.</param>
    /// <param name="field">The vector field.</param>
    /// <returns><c>float32[1 to 65,536]</c>, finite.</returns>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.InvalidVector"/>, <see cref="ErrorCode.NonFiniteVector"/>, <see cref="ErrorCode.DimensionMismatch"/>
    /// or <see cref="ErrorCode.InvalidJson"/>.
    /// </exception>
    public static float[]? Read(ref StrictJson json, string field = "")
    {
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (json.Reader.TokenType == JsonTokenType.String)
        {
            return VectorBytes.ReadVector(ref json, json.IsBits(field));
        }

        if (json.Reader.TokenType != JsonTokenType.StartArray)
        {
            throw json.Fail(ErrorCode.InvalidVector, "expected an array of numbers, or base64.");
        }

        float[] scratch = ArrayPool<float>.Shared.Rent(FirstGuess);
        try
        {
            int count = ReadComponents(ref json, ref scratch);
            return scratch.AsSpan(0, count).ToArray();
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scratch);
        }
    }

    /// <summary>The named vectors that the reader stands on; null for null.</summary>
    public static IReadOnlyDictionary<string, float[]>? ReadNamed(ref StrictJson json)
    {
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        json.ExpectObject();
        var vectors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        int depth = json.Path.Depth;
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndObject; json.Next())
        {
            string name = json.Text();
            if (vectors.ContainsKey(name))
            {
                throw json.Fail(ErrorCode.InvalidJson, $"the key {JsonPath.Quote(name)} appears more than once.");
            }

            if (vectors.Count == Limits.MaxVectorFields)
            {
                throw json.Fail(ErrorCode.InvalidVector, string.Create(CultureInfo.InvariantCulture, $"more than {Limits.MaxVectorFields} named vectors."));
            }

            json.Path.Enter(name);
            json.Next();
            vectors.Add(name, Read(ref json, name) ?? throw json.Fail(ErrorCode.InvalidVector, "expected an array of numbers, found null."));
            json.Path.LeaveTo(depth);
        }

        return vectors;
    }

    private static int ReadComponents(ref StrictJson json, ref float[] scratch)
    {
        ReadOnlySpan<byte> text = json.Rest;
        int at = SkipBlanks(text, 0);
        int count = 0;
        if (at < text.Length && text[at] == ']')
        {
            throw json.Fail(ErrorCode.InvalidVector, "the vector is empty.");
        }

        while (true)
        {
            int taken = JsonFloat.Read(text[at..], out float value);
            if (taken == 0)
            {
                throw NotANumber(ref json, text[at..], count);
            }

            if (!float.IsFinite(value))
            {
                throw NotFinite(ref json, count, "is beyond the range of float32");
            }

            if (count == scratch.Length)
            {
                Grow(ref json, ref scratch);
            }

            scratch[count++] = value;
            at = SkipBlanks(text, at + taken);
            if (at < text.Length && text[at] == ',')
            {
                at = SkipBlanks(text, at + 1);
                continue;
            }

            // The token reader goes on in front of the closing bracket and judges it.
            json.Skip(at);
            json.Next();
            return json.Reader.TokenType == JsonTokenType.EndArray ? count : throw json.Malformed();
        }
    }

    private static void Grow(ref StrictJson json, ref float[] scratch)
    {
        if (scratch.Length >= Limits.MaxDimension)
        {
            throw json.Fail(ErrorCode.DimensionMismatch, string.Create(CultureInfo.InvariantCulture, $"the vector has more than {Limits.MaxDimension} components, the greatest dimension."));
        }

        float[] larger = ArrayPool<float>.Shared.Rent(scratch.Length * 2);
        scratch.CopyTo(larger, 0);
        ArrayPool<float>.Shared.Return(scratch);
        scratch = larger;
    }

    private static HypervexException NotANumber(ref StrictJson json, ReadOnlySpan<byte> text, int index)
    {
        if (text.StartsWith("NaN"u8))
        {
            return NotFinite(ref json, index, "is NaN");
        }

        if (text.StartsWith("Infinity"u8) || text.StartsWith("-Infinity"u8))
        {
            return NotFinite(ref json, index, "is infinite");
        }

        string? found = text.IsEmpty ? null : text[0] switch
        {
            (byte)'"' => "a string",
            (byte)'[' => "an array",
            (byte)'{' => "an object",
            (byte)'t' when text.StartsWith("true"u8) => "a boolean",
            (byte)'f' when text.StartsWith("false"u8) => "a boolean",
            (byte)'n' when text.StartsWith("null"u8) => "null",
            _ => null,
        };
        json.Path.Enter(index);
        return found is null
            ? json.Malformed()
            : json.Fail(ErrorCode.InvalidVector, $"expected a number, found {found}.");
    }

    private static HypervexException NotFinite(ref StrictJson json, int index, string what)
    {
        json.Path.Enter(index);
        return json.Fail(ErrorCode.NonFiniteVector, string.Create(CultureInfo.InvariantCulture, $"component {index} {what}; every component must be a finite float32."));
    }

    private static int SkipBlanks(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }

        return at;
    }
}
