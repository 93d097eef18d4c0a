using System.Buffers.Binary;
using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// The header of an IDX file, the format of the MNIST sets (Y. LeCun, C. Cortes, C. Burges): two zero bytes, the type of the
/// elements, the number of sizes, then each size as a big-endian uint32. The first size counts rows, the others together are
/// the components of one: images of 28 x 28 are rows of 784.
/// Thread safety: immutable.
/// </summary>
internal sealed record IdxHeader(ElementType Type, long Rows, long Dimension)
{
    private const int MaxSizes = 8;

    /// <summary>Reads the header; the file then stands on the first row.</summary>
    public static IdxHeader Read(FileBytes file)
    {
        Span<byte> magic = stackalloc byte[4];
        if (file.ReadFully(magic) < magic.Length || magic[0] != 0 || magic[1] != 0)
        {
            throw new DataFileException(file.Path, null, "an IDX file, which begins with two zero bytes", "another beginning");
        }

        ElementType type = magic[2] switch
        {
            0x08 => ElementType.UInt8,
            0x09 => ElementType.Int8,
            0x0D => ElementType.Float32BigEndian,
            byte other => throw new DataFileException(file.Path, null, "elements of type 0x08, 0x09 or 0x0D", string.Create(CultureInfo.InvariantCulture, $"0x{other:X2}")),
        };
        int sizes = magic[3];
        if (sizes is < 2 or > MaxSizes)
        {
            throw new DataFileException(
                file.Path, null, "two sizes or more, rows and components", string.Create(CultureInfo.InvariantCulture, $"{sizes} (a file of labels has one)"));
        }

        Span<byte> size = stackalloc byte[4];
        long rows = 0;
        long dimension = 1;
        for (int i = 0; i < sizes; i++)
        {
            if (file.ReadFully(size) < size.Length)
            {
                throw new DataFileException(file.Path, null, "a whole IDX header", "the end of the file within it");
            }

            uint value = BinaryPrimitives.ReadUInt32BigEndian(size);
            if (i == 0)
            {
                rows = value;
            }
            else
            {
                // Beyond the limit the exact product does not matter, and must not overflow.
                dimension = Math.Min(dimension * value, uint.MaxValue);
            }
        }

        return new IdxHeader(type, rows, dimension);
    }
}
