using System.Numerics;

namespace Hypervex.Fields;

/// <summary>
/// When the records of slots expire. Layout: for each chunk with such records an array of milliseconds since the Unix epoch by slot, which grows by doubling
/// up to 512 KB, and the earliest time of every 1,024 slots; so what is due is found without looking at the rest.
/// Invariants: the earliest times are exact; a slot without a record, or whose record never expires, has none.
/// Thread safety: one writer, or any readers (<see cref="FieldIndexes"/> sees to that); <see cref="Earliest"/> and <see cref="IsDue"/> also beside the writer.
/// </summary>
internal sealed class Expiries
{
    /// <summary>What a write of records that expire may take at most, beside 8 bytes for each: two chunks that grow to their last size.</summary>
    public const long LargestGrowth = 2 * 1024 * 1024;

    private const long Never = long.MaxValue;
    private const int BlockSlots = 1024;
    private const int Blocks = SlotChunks.Slots / BlockSlots;

    private Chunk?[] _chunks = [];
    private long _earliest = Never;
    private long _bytes;

    /// <summary>The earliest time at which a record expires, or has; the greatest number when none does.</summary>
    public long Earliest => Volatile.Read(ref _earliest);

    /// <summary>Memory of the times, in bytes.</summary>
    public long Bytes => _bytes;

    /// <summary>Whether the record of a slot has expired.</summary>
    public bool IsDue(uint slot, long nowMs) => Earliest <= nowMs && TimeOf(slot) <= nowMs;

    /// <summary>Whether the record of a slot expires.</summary>
    public bool Has(uint slot) => TimeOf(slot) != Never;

    /// <summary>Says when the record of a slot expires; 0 = never, or there is no record.</summary>
    public void Set(uint slot, long expiresAtMs)
    {
        long time = expiresAtMs == 0 ? Never : expiresAtMs;
        int number = SlotChunks.Of(slot);
        if (number >= _chunks.Length)
        {
            if (time == Never)
            {
                return;
            }

            Chunk?[] more = new Chunk?[number + 1];
            _chunks.CopyTo(more, 0);
            Volatile.Write(ref _chunks, more);
        }

        if (_chunks[number] is not { } chunk)
        {
            if (time == Never)
            {
                return;
            }

            Volatile.Write(ref _chunks[number], chunk = new Chunk());
            _bytes += chunk.Bytes;
        }

        _bytes -= chunk.Bytes;
        chunk.Set(SlotChunks.Within(slot), time);
        _bytes += chunk.Bytes;
        if (chunk.Count == 0)
        {
            _bytes -= chunk.Bytes;
            Volatile.Write(ref _chunks[number], null);
        }

        long earliest = Never;
        foreach (Chunk? each in _chunks)
        {
            earliest = Math.Min(earliest, each?.Earliest ?? Never);
        }

        Volatile.Write(ref _earliest, earliest);
    }

    /// <summary>Takes the slots of a chunk whose records have expired out of a set.</summary>
    public void Exclude(int chunk, long nowMs, Span<ulong> words)
    {
        if (Earliest > nowMs)
        {
            return;
        }

        foreach (uint slot in DueOf(chunk, nowMs))
        {
            int at = SlotChunks.Within(slot);
            if (at >> 6 < words.Length)
            {
                words[at >> 6] &= ~(1UL << (at & 63));
            }
        }
    }

    /// <summary>How many records have expired; no more than a number are counted.</summary>
    public int CountDue(long nowMs, int most) => Earliest > nowMs ? 0 : Due(nowMs).Take(most).Count();

    /// <summary>The slots whose records have expired.</summary>
    public IEnumerable<uint> Due(long nowMs)
    {
        for (int chunk = 0; chunk < _chunks.Length; chunk++)
        {
            foreach (uint slot in DueOf(chunk, nowMs))
            {
                yield return slot;
            }
        }
    }

    private IEnumerable<uint> DueOf(int number, long nowMs)
    {
        if (number >= _chunks.Length || _chunks[number] is not { } chunk || chunk.Earliest > nowMs)
        {
            yield break;
        }

        for (int block = 0; block < Blocks; block++)
        {
            if (chunk.BlockEarliest[block] > nowMs)
            {
                continue;
            }

            int end = Math.Min(chunk.Times.Length, (block + 1) * BlockSlots);
            for (int at = block * BlockSlots; at < end; at++)
            {
                if (chunk.Times[at] <= nowMs)
                {
                    yield return (uint)((number * SlotChunks.Slots) + at);
                }
            }
        }
    }

    private long TimeOf(uint slot)
    {
        Chunk?[] chunks = Volatile.Read(ref _chunks);
        int number = SlotChunks.Of(slot);
        if (number >= chunks.Length || Volatile.Read(ref chunks[number]) is not { } chunk)
        {
            return Never;
        }

        long[] times = Volatile.Read(ref chunk.Times);
        int at = SlotChunks.Within(slot);
        return at < times.Length ? Volatile.Read(ref times[at]) : Never;
    }

    private sealed class Chunk
    {
        public long[] Times = [];

        public long[] BlockEarliest { get; } = [.. Enumerable.Repeat(Never, Blocks)];

        public long Earliest { get; private set; } = Never;

        public int Count { get; private set; }

        public long Bytes => (Times.Length + Blocks) * sizeof(long);

        public void Set(int at, long time)
        {
            if (at >= Times.Length)
            {
                if (time == Never)
                {
                    return;
                }

                long[] more = new long[SlotChunks.Grown(Times.Length, at + 1, SlotChunks.Slots)];
                Times.CopyTo(more, 0);
                Array.Fill(more, Never, Times.Length, more.Length - Times.Length);
                Volatile.Write(ref Times, more);
            }

            long before = Times[at];
            Volatile.Write(ref Times[at], time);
            Count += (time == Never ? 0 : 1) - (before == Never ? 0 : 1);
            int block = at / BlockSlots;
            if (time <= BlockEarliest[block])
            {
                BlockEarliest[block] = time;
            }
            else if (before == BlockEarliest[block])
            {
                int first = block * BlockSlots;
                BlockEarliest[block] = Least(Times.AsSpan(first, Math.Min(BlockSlots, Times.Length - first)));
            }

            Earliest = Least(BlockEarliest);
        }

        private static long Least(ReadOnlySpan<long> times)
        {
            var least = new Vector<long>(Never);
            int at = 0;
            for (; at <= times.Length - Vector<long>.Count; at += Vector<long>.Count)
            {
                least = Vector.Min(least, new Vector<long>(times[at..]));
            }

            long found = Never;
            for (int i = 0; i < Vector<long>.Count; i++)
            {
                found = Math.Min(found, least[i]);
            }

            for (; at < times.Length; at++)
            {
                found = Math.Min(found, times[at]);
            }

            return found;
        }
    }
}
