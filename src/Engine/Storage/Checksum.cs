using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Hypervex.Storage;

/// <summary>CRC-32C (Castagnoli, RFC 3720): the checksum of every file. Uses the processor's instruction where there is one.</summary>
/// <remarks>
/// The instruction takes eight bytes a cycle but answers after three, so three blocks of a long span are fed at a time. The state after a block is linear in
/// the state before it: state(s, A B C) = shift(shift(state(s, A)) ^ state(0, B)) ^ state(0, C), where shift is the state after a block of zeros (Gopal et al., "Fast CRC
/// computation for iSCSI polynomial using CRC32 instruction", Intel 2011).
/// </remarks>
internal static class Checksum
{
    /// <summary>Words of a block: three of them are the 504 bytes that fit into a row of 128 dimensions.</summary>
    private const int BlockWords = 21;

    private static readonly uint[] s_shifts = Shifts();

    /// <summary>The checksum of one span.</summary>
    public static uint Of(ReadOnlySpan<byte> data) => Finish(Append(Start, data));

    /// <summary>The state before the first byte.</summary>
    public const uint Start = 0xFFFFFFFF;

    /// <summary>Feeds bytes into a state.</summary>
    public static uint Append(uint state, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        data = data[(words.Length * sizeof(ulong))..];
        for (; words.Length >= 3 * BlockWords; words = words[(3 * BlockWords)..])
        {
            ReadOnlySpan<ulong> first = words[..BlockWords];
            ReadOnlySpan<ulong> second = words.Slice(BlockWords, BlockWords);
            ReadOnlySpan<ulong> third = words.Slice(2 * BlockWords, BlockWords);
            uint secondState = 0;
            uint thirdState = 0;
            for (int i = 0; i < BlockWords; i++)
            {
                state = Append(state, LittleEndian(first[i]));
                secondState = Append(secondState, LittleEndian(second[i]));
                thirdState = Append(thirdState, LittleEndian(third[i]));
            }

            state = Shift(Shift(state) ^ secondState) ^ thirdState;
        }

        foreach (ulong word in words)
        {
            state = Append(state, LittleEndian(word));
        }

        foreach (byte value in data)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }

    /// <summary>Feeds eight bytes, given as a little-endian number, into a state.</summary>
    public static uint Append(uint state, ulong value) => BitOperations.Crc32C(state, value);

    /// <summary>The checksum of a state.</summary>
    public static uint Finish(uint state) => ~state;

    private static ulong LittleEndian(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);

    /// <summary>The state after a block of zeros.</summary>
    private static uint Shift(uint state) =>
        s_shifts[state & 0xFF] ^ s_shifts[256 + ((state >> 8) & 0xFF)] ^ s_shifts[512 + ((state >> 16) & 0xFF)] ^ s_shifts[768 + (state >> 24)];

    /// <summary>uint32[4, 256]: the state after a block of zeros when byte i of the state before is v and the others are 0.</summary>
    private static uint[] Shifts()
    {
        uint[] shifts = new uint[4 * 256];
        for (int i = 0; i < shifts.Length; i++)
        {
            uint state = (uint)(i & 0xFF) << (8 * (i >> 8));
            for (int word = 0; word < BlockWords; word++)
            {
                state = Append(state, 0UL);
            }

            shifts[i] = state;
        }

        return shifts;
    }
}
