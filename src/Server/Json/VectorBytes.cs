using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Hypervex.Server.Json;

/// <summary>
/// Vectors as bytes: <c>float32[dimension]</c>, little-endian, or the packed bytes of a bit vector; in JSON as canonical base64 (RFC 4648, section 4, with padding and
/// nothing between the characters), so that each vector has one text.
/// Thread safety: pure functions.
/// </summary>
internal static class VectorBytes
{
    private const int BytesOfComponent = sizeof(float);

    /// <summary>The bytes of the base64 that the reader stands on.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidVector"/>.</exception>
    public static byte[] ReadBase64(ref StrictJson json)
    {
        ReadOnlySpan<byte> text = json.Reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(json.Text()) : json.Reader.ValueSpan;
        byte[] bytes = new byte[text.Length % 4 == 0 ? text.Length / 4 * 3 - Padding(text) : 0];
        return bytes.Length > 0 && TryDecode(text, bytes)
            ? bytes
            : throw json.Fail(
                ErrorCode.InvalidVector,
                text.IsEmpty ? "the vector is empty." : "the text is not canonical base64; expected an array of numbers, or the base64 of little-endian float32 (of a bit vector: of its packed bytes).");
    }

    /// <summary>The vector that the base64 stands for on which the reader stands.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidVector"/> or <see cref="ErrorCode.NonFiniteVector"/>.</exception>
    public static float[] ReadVector(ref StrictJson json, bool isBits) => ToVector(ReadBase64(ref json), isBits, json.Path.ToString);

    /// <summary>The vector that bytes stand for.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isBits">Whether they are the packed bytes of a bit vector.</param>
    /// <param name="subject">What the bytes are, for a message.</param>
    /// <returns><c>float32[1 to 65,536]</c>, finite.</returns>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.InvalidVector"/>, <see cref="ErrorCode.NonFiniteVector"/> or <see cref="ErrorCode.DimensionMismatch"/>.
    /// </exception>
    public static float[] ToVector(ReadOnlySpan<byte> bytes, bool isBits, Func<string> subject)
    {
        if (bytes.IsEmpty)
        {
            throw new HypervexException(ErrorCode.InvalidVector, $"{subject()}: the vector is empty.");
        }

        if (!isBits && bytes.Length % BytesOfComponent != 0)
        {
            throw new HypervexException(
                ErrorCode.InvalidVector,
                string.Create(CultureInfo.InvariantCulture, $"{subject()}: {bytes.Length} bytes are no vector; expected {BytesOfComponent} for each component, a little-endian float32."));
        }

        int count = isBits ? bytes.Length : bytes.Length / BytesOfComponent;
        if (count > Limits.MaxDimension)
        {
            throw new HypervexException(
                ErrorCode.DimensionMismatch,
                string.Create(CultureInfo.InvariantCulture, $"{subject()}: the vector has {count} components; the greatest dimension is {Limits.MaxDimension}."));
        }

        float[] vector = new float[count];
        if (isBits)
        {
            for (int i = 0; i < vector.Length; i++)
            {
                vector[i] = bytes[i];
            }

            return vector;
        }

        bytes.CopyTo(MemoryMarshal.AsBytes(vector.AsSpan()));
        InOrderOfMachine(vector);
        CheckFinite(vector, subject);
        return vector;
    }

    /// <summary>The bytes of a vector.</summary>
    /// <param name="vector">The vector; its memory may be what is returned.</param>
    /// <param name="isBits">Whether it holds the packed bytes of a bit vector.</param>
    public static ReadOnlySpan<byte> Of(float[] vector, bool isBits)
    {
        if (isBits)
        {
            return Array.ConvertAll(vector, x => (byte)x);
        }

        float[] ordered = BitConverter.IsLittleEndian ? vector : [.. vector];
        InOrderOfMachine(ordered);
        return MemoryMarshal.AsBytes(ordered.AsSpan());
    }

    private static int Padding(ReadOnlySpan<byte> text) => text.EndsWith("=="u8) ? 2 : text.EndsWith("="u8) ? 1 : 0;

    // The decoder passes over blanks, and over bits behind the last byte: either leaves more than one text for a vector.
    private static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> bytes)
    {
        if (Base64.DecodeFromUtf8(text, bytes, out int consumed, out int written) != OperationStatus.Done || consumed != text.Length || written != bytes.Length)
        {
            return false;
        }

        int rest = bytes.Length % 3;
        Span<byte> last = stackalloc byte[4];
        return rest == 0 || (Base64.EncodeToUtf8(bytes[^rest..], last, out _, out _) == OperationStatus.Done && last.SequenceEqual(text[^4..]));
    }

    private static void InOrderOfMachine(float[] vector)
    {
        if (!BitConverter.IsLittleEndian)
        {
            Span<int> words = MemoryMarshal.Cast<float, int>(vector.AsSpan());
            BinaryPrimitives.ReverseEndianness(words, words);
        }
    }

    private static void CheckFinite(float[] vector, Func<string> subject)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            if (!float.IsFinite(vector[i]))
            {
                throw new HypervexException(
                    ErrorCode.NonFiniteVector,
                    string.Create(CultureInfo.InvariantCulture, $"{subject()}: component {i} is {(float.IsNaN(vector[i]) ? "NaN" : "infinite")}; every component must be a finite float32."));
            }
        }
    }
}
