using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// The header of a NumPy file (numpy.org, "numpy.lib.format"), versions 1 to 3:
/// <code>
/// 0        6       8            10 or 12
/// +--------+-------+------------+------------------------------------------------+
/// | \x93NUMPY | major minor | length u16 (v1) or u32 (v2, v3) | dictionary, padded by blanks, \n |
/// +--------+-------+------------+------------------------------------------------+
/// </code>
/// The dictionary is Python text: <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (8000, 256), }</c>.
/// Thread safety: immutable.
/// </summary>
internal sealed partial record NpyHeader(ElementType Type, long Rows, long Dimension)
{
    /// <summary>Bytes of the header that <see cref="ToBytes"/> makes: a multiple of 64 with room for any shape.</summary>
    public const int WrittenBytes = 128;

    // A header of a plain array has under 128 bytes; far more is not one.
    private const int MaxDictionaryBytes = 64 * 1024;
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the header; the file then stands on the first row.</summary>
    public static NpyHeader Read(FileBytes file)
    {
        Span<byte> start = stackalloc byte[12];
        if (file.ReadFully(start[..8]) < 8 || !start[..6].SequenceEqual(Magic))
        {
            throw new DataFileException(file.Path, null, "a NumPy file, which begins with \\x93NUMPY", "another beginning");
        }

        int lengthBytes = start[6] switch
        {
            1 => 2,
            2 or 3 => 4,
            byte other => throw new DataFileException(file.Path, null, "NumPy format version 1, 2 or 3", Invariant($"version {other}")),
        };
        start[8..].Clear();
        uint length = file.ReadFully(start.Slice(8, lengthBytes)) == lengthBytes ? BinaryPrimitives.ReadUInt32LittleEndian(start[8..]) : 0;
        if (length is 0 or > MaxDictionaryBytes)
        {
            throw new DataFileException(file.Path, null, Invariant($"a header of 1 to {MaxDictionaryBytes} bytes"), Invariant($"a length of {length}"));
        }

        byte[] dictionary = new byte[length];
        if (file.ReadFully(dictionary) < dictionary.Length)
        {
            throw new DataFileException(file.Path, null, Invariant($"a header of {length} bytes"), "the end of the file within it");
        }

        return Parse(file.Path, Encoding.UTF8.GetString(dictionary));
    }

    /// <summary>The header of a float32 array, version 1.</summary>
    public static byte[] ToBytes(long rows, int dimension)
    {
        byte[] bytes = new byte[WrittenBytes];
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), WrittenBytes - 10);
        string dictionary = Invariant($"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}");
        bytes.AsSpan(10).Fill((byte)' ');
        Encoding.ASCII.GetBytes(dictionary, bytes.AsSpan(10));
        bytes[^1] = (byte)'\n';
        return bytes;
    }

    private static NpyHeader Parse(string path, string dictionary)
    {
        string description = Description().Match(dictionary).Groups[1].Value;
        ElementType type = description switch
        {
            "<f4" => ElementType.Float32,
            "<f8" => ElementType.Float64,
            "<f2" => ElementType.Float16,
            "|u1" => ElementType.UInt8,
            "|i1" => ElementType.Int8,
            _ => throw new DataFileException(path, null, "an array of '<f4', '<f8', '<f2', '|u1' or '|i1'", $"descr '{description}'"),
        };
        if (!RowMajor().IsMatch(dictionary))
        {
            throw new DataFileException(path, null, "an array in C order ('fortran_order': False)", "Fortran order; save numpy.ascontiguousarray(a)");
        }

        Match shape = Shape().Match(dictionary);
        long[] sizes = shape.Success
            ? [.. shape.Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(size => long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : -1)]
            : [];
        return sizes is [>= 0, >= 0]
            ? new NpyHeader(type, sizes[0], sizes[1])
            : throw new DataFileException(path, null, "an array of two dimensions, rows and components", shape.Success ? $"shape ({shape.Groups[1].Value})" : "no shape");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("""['"]descr['"]\s*:\s*['"]([^'"]{1,16})['"]""")]
    private static partial Regex Description();

    [GeneratedRegex("""['"]fortran_order['"]\s*:\s*False""")]
    private static partial Regex RowMajor();

    [GeneratedRegex("""['"]shape['"]\s*:\s*\(([\d\s,L]*)\)""")]
    private static partial Regex Shape();
}
