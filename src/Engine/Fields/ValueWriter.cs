using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Hypervex.Fields;

/// <summary>
/// Writes what a field index is made of to a stream (docs/formats/checkpoint.md, "Field indexes"), some at a time between the changes: each piece is copied
/// while nothing changes, and goes to the stream afterwards. What a slot has is written right when nothing changes it meanwhile; whoever reads is told the
/// others (<see cref="FieldIndexes.BeginSaving"/>). Thread safety: none.
/// </summary>
internal sealed class ValueWriter(Stream stream, ReaderWriterLockSlim changing)
{
    /// <summary>Ends every list.</summary>
    public const uint End = uint.MaxValue;

    /// <summary>Slots whose bits are written together, and words of these.</summary>
    public const int GroupSlots = GroupWords * 64, GroupWords = 64;

    public const int GroupsInChunk = SlotChunks.Slots / GroupSlots;

    private const int BufferBytes = 128 * 1024;

    /// <summary>Pieces that are copied while changes wait, at most: some tens of microseconds.</summary>
    private const int StepsAtOnce = 256;

    private byte[] _buffer = new byte[BufferBytes];
    private int _used;

    /// <summary>Writes a set of slots: each group of 4,096 that has any.</summary>
    public void WriteBits(ChunkedBits bits)
    {
        int group = 0;
        Fill(() =>
        {
            TryWriteGroup(bits, group);
            return ++group < bits.Chunks * GroupsInChunk;
        });
        Write(End);
    }

    /// <summary>Writes a set of slots, and the numbers of a column that they have.</summary>
    public void WriteNumbers(ChunkedBits slots, NumberColumn column)
    {
        int group = 0;
        Fill(() =>
        {
            if (TryWriteGroup(slots, group))
            {
                ReadOnlySpan<ulong> words = Group(slots, group);
                ReadOnlySpan<long> numbers = column.Chunk(group / GroupsInChunk)[(group % GroupsInChunk * GroupSlots)..];
                for (int word = 0; word < words.Length; word++)
                {
                    for (ulong rest = words[word]; rest != 0; rest &= rest - 1)
                    {
                        BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), numbers[(word * 64) + BitOperations.TrailingZeroCount(rest)]);
                    }
                }
            }

            return ++group < slots.Chunks * GroupsInChunk;
        });
        Write(End);
    }

    /// <summary>Writes lists of numbers.</summary>
    /// <param name="slots">The slots that may have one.</param>
    /// <param name="find">The numbers of a slot; null when it has none.</param>
    public void WriteLists(ChunkedBits slots, Func<uint, long[]?> find)
    {
        int word = 0;
        ulong done = 0;
        Fill(() =>
        {
            ReadOnlySpan<ulong> words = slots.Chunk(word / SlotChunks.Words);
            int at = word % SlotChunks.Words;
            ulong rest = at < words.Length ? words[at] & ~done : 0;
            if (rest != 0)
            {
                int bit = BitOperations.TrailingZeroCount(rest);
                done = bit == 63 ? ulong.MaxValue : (1UL << (bit + 1)) - 1;
                uint slot = ((uint)word * 64) + (uint)bit;
                if (find(slot) is { } numbers)
                {
                    Write(slot);
                    Write((uint)numbers.Length);
                    MemoryMarshal.AsBytes<long>(numbers).CopyTo(Take(numbers.Length * sizeof(long)));
                }

                return true;
            }

            done = 0;
            return ++word < slots.Chunks * SlotChunks.Words;
        });
        Write(End);
    }

    /// <summary>Writes values with the slots that have them. Values that come meanwhile are those of changed slots only.</summary>
    public void WritePostings(PostingList list)
    {
        int at = 0;
        int chunk = -1;
        var places = new ushort[PostingContainer.MostPlaces];
        Fill(() =>
        {
            if (at == list.Count)
            {
                return false;
            }

            Posting posting = list.All[at];
            int next = posting.NextChunk(chunk + 1);
            if (next >= 0)
            {
                if (chunk < 0)
                {
                    Write((uint)posting.Key.Length);
                    posting.Key.CopyTo(Take(posting.Key.Length));
                }

                WriteChunk(posting, chunk = next, places);
                return true;
            }

            if (chunk >= 0)
            {
                Write(End);
            }

            chunk = -1;
            return ++at < list.Count;
        });
        Write(End);
    }

    public void Write(uint number) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), number);

    public void Write(long number) => BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), number);

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Hands on what is left to the stream.</summary>
    public void Flush()
    {
        stream.Write(_buffer, 0, _used);
        _used = 0;
    }

    private static ReadOnlySpan<ulong> Group(ChunkedBits bits, int group)
    {
        ReadOnlySpan<ulong> words = bits.Chunk(group / GroupsInChunk);
        int first = Math.Min(words.Length, group % GroupsInChunk * GroupWords);
        return words[first..Math.Min(words.Length, first + GroupWords)];
    }

    private bool TryWriteGroup(ChunkedBits bits, int group)
    {
        ReadOnlySpan<ulong> words = Group(bits, group);
        if (!words.ContainsAnyExcept(0UL))
        {
            return false;
        }

        Write((uint)group);
        Span<byte> target = Take(GroupWords * sizeof(ulong));
        target.Clear();
        MemoryMarshal.AsBytes(words).CopyTo(target);
        return true;
    }

    private void WriteChunk(Posting posting, int chunk, ushort[] places)
    {
        Write((uint)chunk);
        int count = posting.CopyPlaces(chunk, places, out ReadOnlySpan<ulong> bits);
        Write((uint)count);
        if (bits.IsEmpty)
        {
            MemoryMarshal.AsBytes<ushort>(places.AsSpan(0, count)).CopyTo(Take(count * sizeof(ushort)));
        }
        else
        {
            MemoryMarshal.AsBytes(bits).CopyTo(Take(SlotChunks.Words * sizeof(ulong)));
        }
    }

    private void Fill(Func<bool> step)
    {
        for (bool more = true; more;)
        {
            changing.EnterReadLock();
            try
            {
                for (int steps = 0; more && steps < StepsAtOnce && _used < BufferBytes / 2; steps++)
                {
                    more = step();
                }
            }
            finally
            {
                changing.ExitReadLock();
            }

            if (_used >= BufferBytes / 2)
            {
                Flush();
            }
        }
    }

    private Span<byte> Take(int bytes)
    {
        if (_used + bytes > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_used + bytes, _buffer.Length * 2));
        }

        _used += bytes;
        return _buffer.AsSpan(_used - bytes, bytes);
    }
}
