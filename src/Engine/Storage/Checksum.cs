using System.Numerics;
using System.Runtime.InteropServices;

namespace Hypervex.Storage;

/// <summary>CRC-32C (Castagnoli, RFC 3720): the checksum of every file. Uses the processor's instruction where there is one.</summary>
internal static class Checksum
{
    /// <summary>The checksum of one span.</summary>
    public static uint Of(ReadOnlySpan<byte> data) => Finish(Append(Start, data));

    /// <summary>The state before the first byte.</summary>
    public const uint Start = 0xFFFFFFFF;

    /// <summary>Feeds bytes into a state.</summary>
    public static uint Append(uint state, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words)
        {
            state = BitOperations.Crc32C(state, BitConverter.IsLittleEndian ? word : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (byte value in data[(words.Length * sizeof(ulong))..])
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    /// <summary>Feeds eight bytes, given as a little-endian number, into a state.</summary>
    public static uint Append(uint state, ulong value) => BitOperations.Crc32C(state, value);

    /// <summary>The checksum of a state.</summary>
    public static uint Finish(uint state) => ~state;
}
