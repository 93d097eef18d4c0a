using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Hypervex.Fields;

/// <summary>
/// Reads what a <see cref="ValueWriter"/> wrote. Nothing is allocated that the stream has no bytes for, and no slot is named that was never handed out:
/// <see cref="InvalidDataException"/>; <see cref="EndOfStreamException"/> when it ends too early. Thread safety: none.
/// </summary>
/// <param name="stream">The bytes.</param>
/// <param name="slots">Slots that were handed out.</param>
internal sealed class ValueReader(Stream stream, uint slots)
{
    private const int BufferBytes = 256 * 1024;
    private const int GroupBytes = ValueWriter.GroupWords * sizeof(ulong);

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _at;
    private int _end;

    /// <summary>Adds what <see cref="ValueWriter.WriteBits"/> wrote to a set.</summary>
    public void ReadBits(ChunkedBits target)
    {
        for (long last = -1; TryReadNumber(ref last, Groups, out uint group);)
        {
            target.SetAll(group * ValueWriter.GroupSlots, MemoryMarshal.Cast<byte, ulong>(Take(GroupBytes)));
        }
    }

    /// <summary>Adds what <see cref="ValueWriter.WriteNumbers"/> wrote to a set and a column.</summary>
    public void ReadNumbers(ChunkedBits target, NumberColumn column)
    {
        Span<ulong> words = stackalloc ulong[ValueWriter.GroupWords];
        for (long last = -1; TryReadNumber(ref last, Groups, out uint group);)
        {
            uint first = group * ValueWriter.GroupSlots;
            Take(GroupBytes).CopyTo(MemoryMarshal.AsBytes(words));
            target.SetAll(first, words);
            for (int word = 0; word < words.Length; word++)
            {
                ReadOnlySpan<long> numbers = MemoryMarshal.Cast<byte, long>(Take(BitOperations.PopCount(words[word]) * sizeof(long)));
                int at = 0;
                for (ulong rest = words[word]; rest != 0; rest &= rest - 1)
                {
                    column[first + ((uint)word * 64) + (uint)BitOperations.TrailingZeroCount(rest)] = numbers[at++];
                }
            }
        }
    }

    /// <summary>Hands out what <see cref="ValueWriter.WriteLists"/> wrote, a slot after the other.</summary>
    public void ReadLists(Action<uint, long[]> add)
    {
        for (long last = -1; TryReadNumber(ref last, slots, out uint slot);)
        {
            add(slot, MemoryMarshal.Cast<byte, long>(Take(ReadLength(sizeof(long)) * sizeof(long))).ToArray());
        }
    }

    /// <summary>Hands out what <see cref="ValueWriter.WritePostings"/> wrote, a value after the other.</summary>
    public void ReadPostings(Action<Posting> add)
    {
        int chunks = SlotChunks.Count(slots);
        for (uint length = ReadUInt32(); length != ValueWriter.End; length = ReadUInt32())
        {
            var posting = new Posting(Take(Checked(length, BufferBytes)).ToArray());
            for (long last = -1; TryReadNumber(ref last, (uint)chunks, out uint chunk);)
            {
                ReadChunk(posting, (int)chunk);
            }

            add(posting);
        }
    }

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>The next bytes; valid until more are read.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (_end - _at < count)
        {
            int rest = _end - _at;
            _buffer.AsSpan(_at, rest).CopyTo(_buffer);
            _at = 0;
            _end = rest;
            _end += stream.ReadAtLeast(_buffer.AsSpan(rest), count - rest);
        }

        _at += count;
        return _buffer.AsSpan(_at - count, count);
    }

    private uint Groups => (uint)((slots + (long)ValueWriter.GroupSlots - 1) / ValueWriter.GroupSlots);

    private static int Checked(uint number, int most) =>
        number <= most ? (int)number : throw new InvalidDataException($"The field index has a length of {number} where at most {most} is possible.");

    private void ReadChunk(Posting posting, int chunk)
    {
        int count = Checked(ReadUInt32(), SlotChunks.Slots);
        if (count == 0)
        {
            throw new InvalidDataException("A value has no slot in a chunk.");
        }

        if (count > PostingContainer.MostPlaces)
        {
            ReadOnlySpan<ulong> bits = MemoryMarshal.Cast<byte, ulong>(Take(SlotChunks.Words * sizeof(ulong)));
            posting.Append(chunk, bits);
            return;
        }

        ReadOnlySpan<ushort> places = MemoryMarshal.Cast<byte, ushort>(Take(count * sizeof(ushort)));
        for (int i = 1; i < places.Length; i++)
        {
            if (places[i] <= places[i - 1])
            {
                throw new InvalidDataException("The slots of a value are not in order.");
            }
        }

        posting.Append(chunk, places);
    }

    /// <summary>Reads the next number of a list that is in order; false at its end.</summary>
    private bool TryReadNumber(ref long last, uint below, out uint number)
    {
        number = ReadUInt32();
        if (number == ValueWriter.End)
        {
            return false;
        }

        if (number <= last || number >= below)
        {
            throw new InvalidDataException($"The field index names {number} behind {last} where there are {below}.");
        }

        last = number;
        return true;
    }

    private int ReadLength(int itemBytes) => Checked(ReadUInt32(), BufferBytes / itemBytes);
}
