using System.Buffers.Binary;

namespace Hypervex.Cli.DataFiles;

/// <summary>How a component is stored in a binary file; little-endian unless it says otherwise.</summary>
internal enum ElementType
{
    UInt8 = 0,
    Int8,
    Int32,
    Float16,
    Float32,
    Float64,
    Float32BigEndian,
}

/// <summary>Sizes of components and their conversion to float32.</summary>
internal static class ElementTypes
{
    public static int Bytes(this ElementType type) => type switch
    {
        ElementType.UInt8 or ElementType.Int8 => 1,
        ElementType.Float16 => 2,
        ElementType.Float64 => 8,
        _ => 4,
    };

    /// <summary>Converts a row. What float32 cannot hold becomes infinite; integers beyond 2^24 are rounded.</summary>
    /// <param name="type">How the components are stored.</param>
    /// <param name="source">As many bytes as the target has components, times their size.</param>
    /// <param name="target">Receives the components.</param>
    public static void Convert(this ElementType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        switch (type)
        {
            case ElementType.UInt8:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = source[i];
                }

                break;
            case ElementType.Int8:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (sbyte)source[i];
                }

                break;
            case ElementType.Int32:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = BinaryPrimitives.ReadInt32LittleEndian(source[(4 * i)..]);
                }

                break;
            case ElementType.Float16:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(source[(2 * i)..]);
                }

                break;
            case ElementType.Float64:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
                }

                break;
            case ElementType.Float32BigEndian:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = BinaryPrimitives.ReadSingleBigEndian(source[(4 * i)..]);
                }

                break;
            default:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = BinaryPrimitives.ReadSingleLittleEndian(source[(4 * i)..]);
                }

                break;
        }
    }
}
