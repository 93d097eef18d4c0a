using System.Buffers.Binary;
using System.Globalization;
using System.Text.Unicode;

namespace Hypervex.Metadata;

/// <summary>
/// Decides whether bytes are a canonical encoding, by the grammar of docs/formats/metadata.md. Every length is compared with
/// what is left of its container before it is used. Recursion is bounded by the nesting limit.
/// Thread safety: one check at a time.
/// </summary>
internal ref struct MetadataValidator
{
    private ReadOnlySpan<byte> _all;
    private int _at;

    /// <summary>Null, or a sentence with the position of the first fault.</summary>
    public string? Check(ReadOnlySpan<byte> encoding)
    {
        if (encoding.Length > Limits.MaxMetadataBytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{encoding.Length} bytes, at most {Limits.MaxMetadataBytes} are allowed.");
        }

        _all = encoding;
        _at = 0;
        return CheckBody(encoding.Length, level: 1);
    }

    private string? CheckBody(int end, int level)
    {
        ReadOnlySpan<byte> previousKey = default;
        bool first = true;
        while (_at < end)
        {
            int keyAt = _at;
            if (!TryReadLength(end, out int keyLength))
            {
                return Fault(keyAt, "a key's length goes beyond the end of its object");
            }

            ReadOnlySpan<byte> key = _all.Slice(_at, keyLength);
            if (!Utf8.IsValid(key))
            {
                return Fault(_at, "a key is not well-formed UTF-8");
            }

            if (!first && previousKey.SequenceCompareTo(key) >= 0)
            {
                return Fault(keyAt, "a key does not sort after the key before it");
            }

            _at += keyLength;
            previousKey = key;
            first = false;
            string? problem = CheckValue(end, level);
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private string? CheckValue(int end, int level)
    {
        int tagAt = _at;
        if (_at >= end)
        {
            return Fault(tagAt, "a value is missing");
        }

        byte tag = _all[_at++];
        switch (tag)
        {
            case MetadataTag.Null or MetadataTag.False or MetadataTag.True:
                return null;
            case MetadataTag.Integer or MetadataTag.Float:
                return CheckNumber(tag, end, tagAt);
            case MetadataTag.String or MetadataTag.Array or MetadataTag.Object:
                return TryReadLength(end, out int length)
                    ? CheckPayload(tag, length, level, tagAt)
                    : Fault(tagAt, "a length goes beyond the end of its container");
            default:
                return Fault(tagAt, string.Create(CultureInfo.InvariantCulture, $"0x{tag:X2} is no tag"));
        }
    }

    private string? CheckNumber(byte tag, int end, int tagAt)
    {
        if (end - _at < MetadataTag.NumberBytes)
        {
            return Fault(tagAt, "a number goes beyond the end of its container");
        }

        long bits = BinaryPrimitives.ReadInt64LittleEndian(_all[_at..]);
        _at += MetadataTag.NumberBytes;
        if (tag == MetadataTag.Float && (!double.IsFinite(BitConverter.Int64BitsToDouble(bits)) || bits == long.MinValue))
        {
            return Fault(tagAt, "a float64 is NaN, infinite or -0.0");
        }

        return null;
    }

    private string? CheckPayload(byte tag, int length, int level, int tagAt)
    {
        int end = _at + length;
        if (tag == MetadataTag.String)
        {
            bool valid = Utf8.IsValid(_all.Slice(_at, length));
            _at = end;
            return valid ? null : Fault(tagAt, "a string is not well-formed UTF-8");
        }

        if (level == Limits.MaxMetadataDepth)
        {
            return Fault(tagAt, "nested too deeply");
        }

        if (tag == MetadataTag.Object)
        {
            return CheckBody(end, level + 1);
        }

        while (_at < end)
        {
            string? problem = CheckValue(end, level + 1);
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private bool TryReadLength(int end, out int length)
    {
        length = 0;
        if (end - _at < MetadataTag.LengthBytes)
        {
            return false;
        }

        uint announced = BinaryPrimitives.ReadUInt32LittleEndian(_all[_at..]);
        _at += MetadataTag.LengthBytes;
        if (announced > (uint)(end - _at))
        {
            return false;
        }

        length = (int)announced;
        return true;
    }

    private static string Fault(int at, string what) => string.Create(CultureInfo.InvariantCulture, $"{what} (byte {at}).");
}
