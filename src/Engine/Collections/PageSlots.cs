using Hypervex.Fields;
using Hypervex.Metadata;

namespace Hypervex.Collections;

/// <summary>
/// Which slots can be on a page of a listing in order of a field, by the field's index: those whose value lies between the cursor and the value at which the page is
/// surely full, and those about whose value the index cannot tell; then, if the page is not full of values, those without the field, and those that were left out because others
/// seemed to fill the page, which have changed since. Without an index of keywords or numbers: all.
/// What changes meanwhile may be told wrongly; rows that move are looked at by who asks (<see cref="MatchingRecords"/>).
/// Thread safety: one caller at a time; the indexes may be changed meanwhile.
/// </summary>
internal sealed class PageSlots(Partition partition, string field, bool descending, OrderedValue? after, int room)
{
    private const int PostingsAtOnce = 4096;

    /// <summary>The sets of slots to look at, one after the other.</summary>
    /// <param name="words">The slots that match, a bit each.</param>
    /// <param name="isFull">Whether the page is full of records up to a value; null = of any that have a value.</param>
    public IEnumerable<ulong[]> Narrow(ulong[] words, Func<OrderedValue?, bool> isFull)
    {
        int generation = partition.FieldIndexes.Generation;
        ValueIndex? index = partition.FieldIndexes.FindReady(field)?.Values;
        ulong[] first = [];
        ulong[] rest = [];
        OrderedValue? bound = null;
        if (index is NumberIndex or KeywordIndex { IsBoolean: false })
        {
            first = new ulong[words.Length];
            rest = new ulong[words.Length];
            var placed = new ulong[words.Length];
            Part(index, words, placed, first, rest);
            bound = index is NumberIndex numbers ? AddNumbers(numbers, placed, first) : AddTexts((KeywordIndex)index, placed, first);
            for (int i = 0; bound is not null && i < rest.Length; i++)
            {
                rest[i] |= placed[i] & ~first[i];
            }
        }

        if (first.Length == 0 || partition.FieldIndexes.Generation != generation)
        {
            yield return words;
            yield break;
        }

        yield return first;
        if (!isFull(bound))
        {
            yield return rest;
        }
    }

    /// <summary>Parts the slots: those that have one value which the index has taken, those whose record decides, and those without the field.</summary>
    private void Part(ValueIndex index, ulong[] words, ulong[] placed, ulong[] unsure, ulong[] missing) => ByChunk(words, (chunk, slots) =>
    {
        Span<ulong> takenHere = Of(placed, chunk);
        Span<ulong> unsureHere = Of(unsure, chunk);
        slots.CopyTo(takenHere);
        slots.CopyTo(unsureHere);
        slots.CopyTo(Of(missing, chunk));
        SlotChunks.And(takenHere, index.Present.Chunk(chunk));
        SlotChunks.AndNot(takenHere, index.Others.Chunk(chunk));
        SlotChunks.AndNot(takenHere, index.Arrays.Chunk(chunk));
        SlotChunks.And(unsureHere, index.Present.Chunk(chunk));
        SlotChunks.AndNot(unsureHere, takenHere);
        SlotChunks.AndNot(Of(missing, chunk), index.Present.Chunk(chunk));
    });

    /// <summary>Adds the slots with the numbers of the page; returns the last of these when there are more behind it.</summary>
    private OrderedValue? AddNumbers(NumberIndex index, ulong[] placed, ulong[] first)
    {
        if (NumbersFrom(index.Floats, inclusive: true) is not { } range)
        {
            return null;
        }

        // The heap keeps the places that come first; its top is the one of them that comes last. Of those equal to the cursor's it is not known whether they come behind it.
        var best = new PriorityQueue<long, long>(descending ? Comparer<long>.Default : Comparer<long>.Create((left, right) => right.CompareTo(left)));
        if (NumbersFrom(index.Floats, inclusive: false) is { } behind)
        {
            ByChunk(placed, (chunk, slots) => ForEach(index, chunk, slots, behind, (_, place) =>
            {
                if (best.Count < room)
                {
                    best.Enqueue(place, place);
                }
                else if (descending ? place > best.Peek() : place < best.Peek())
                {
                    best.EnqueueDequeue(place, place);
                }
            }));
        }

        OrderedValue? bound = null;
        if (best.Count == room)
        {
            long last = best.Peek();
            range = descending ? range with { Low = last } : range with { High = last };
            bound = index.Floats ? OrderedValue.Of(NumberRanges.FloatAt(last)) : OrderedValue.Of(last);
        }

        ByChunk(placed, (chunk, slots) => ForEach(index, chunk, slots, range, (slot, _) => first[slot >> 6] |= 1UL << (int)(slot & 63)));
        return bound;
    }

    /// <summary>The numbers from the cursor's on, or behind it; null when there are none.</summary>
    private NumberRange? NumbersFrom(bool floats, bool inclusive)
    {
        var all = new NumberRange(long.MinValue, long.MaxValue);
        if (after is not { } cursor)
        {
            return all;
        }

        Span<byte> bytes = stackalloc byte[sizeof(long)];
        if (cursor.TryGetNumber(bytes, out EncodedValue number))
        {
            FilterOperator order = (descending, inclusive) switch
            {
                (true, true) => FilterOperator.LessOrEqual,
                (true, false) => FilterOperator.Less,
                (false, true) => FilterOperator.GreaterOrEqual,
                _ => FilterOperator.Greater,
            };
            return NumberRanges.Of(order, number, floats);
        }

        return cursor.Rank != ValueRank.Missing && cursor.Rank > ValueRank.Float == descending ? all : null;
    }

    /// <summary>Adds the slots with the texts of the page; returns the last of these when there are more behind it.</summary>
    private OrderedValue? AddTexts(KeywordIndex index, ulong[] placed, ulong[] first)
    {
        if (after is { Rank: not ValueRank.Text } cursor && (cursor.Rank == ValueRank.Missing || descending))
        {
            return null; // the texts came before
        }

        byte[]? from = after is { Rank: ValueRank.Text } text ? text.Text.ToArray() : null;
        var worstFirst = Comparer<byte[]>.Create((left, right) => Order(right, left));
        var best = new PriorityQueue<(byte[] Key, long Count), byte[]>(worstFirst);
        PostingList list = index.Snapshot;
        ForEach(list, posting =>
        {
            if (posting.Count == 0 || (from is not null && Order(posting.Key, from) <= 0) || (best.Count == room && Order(posting.Key, best.Peek().Key) > 0))
            {
                return;
            }

            if (posting.CountIn(placed) is var count and > 0)
            {
                best.Enqueue((posting.Key, count), posting.Key);
                if (best.Count > room)
                {
                    best.Dequeue();
                }
            }
        });
        byte[]? last = LastNeeded(best);
        var taken = new ulong[placed.Length];
        ForEach(list, posting =>
        {
            if (posting.Count > 0 && (from is null || Order(posting.Key, from) >= 0) && (last is null || Order(posting.Key, last) <= 0))
            {
                for (int chunk = 0; chunk * SlotChunks.Words < taken.Length; chunk++)
                {
                    posting.Or(chunk, Of(taken, chunk));
                }
            }
        });
        for (int i = 0; i < taken.Length; i++)
        {
            first[i] |= taken[i] & placed[i];
        }

        return last is null ? null : OrderedValue.Of(new EncodedValue(MetadataTag.String, last));
    }

    /// <summary>The value at which the page is full; null when all are needed.</summary>
    private byte[]? LastNeeded(PriorityQueue<(byte[] Key, long Count), byte[]> best)
    {
        var keys = new List<(byte[] Key, long Count)>(best.Count);
        while (best.TryDequeue(out (byte[] Key, long Count) one, out _))
        {
            keys.Add(one);
        }

        long count = 0;
        for (int i = keys.Count - 1; i >= 0; i--)
        {
            count += keys[i].Count;
            if (count >= room)
            {
                return keys[i].Key;
            }
        }

        return null;
    }

    private int Order(byte[] left, byte[] right)
    {
        int order = OrderedValue.Shorten(left).SequenceCompareTo(OrderedValue.Shorten(right));
        return descending ? -order : order;
    }

    private void ForEach(PostingList list, Action<Posting> visit)
    {
        for (int first = 0; first < list.Count; first += PostingsAtOnce)
        {
            int begin = first;
            int end = Math.Min(list.Count, first + PostingsAtOnce);
            partition.FieldIndexes.Read(() =>
            {
                foreach (Posting posting in list.All.AsSpan(begin, end - begin))
                {
                    visit(posting);
                }
            });
        }
    }

    private static void ForEach(NumberIndex index, int chunk, ReadOnlySpan<ulong> slots, NumberRange range, Action<uint, long> visit)
    {
        ReadOnlySpan<ulong> single = index.Single.Chunk(chunk);
        ReadOnlySpan<long> column = index.Column.Chunk(chunk);
        for (int word = 0; word < Math.Min(slots.Length, single.Length); word++)
        {
            for (ulong rest = slots[word] & single[word]; rest != 0; rest &= rest - 1)
            {
                int at = (word * 64) + System.Numerics.BitOperations.TrailingZeroCount(rest);
                if (range.Contains(column[at]))
                {
                    visit(((uint)chunk * SlotChunks.Slots) + (uint)at, column[at]);
                }
            }
        }
    }

    private delegate void ChunkStep(int chunk, ReadOnlySpan<ulong> slots);

    private void ByChunk(ulong[] words, ChunkStep step)
    {
        for (int chunk = 0; chunk * SlotChunks.Words < words.Length; chunk++)
        {
            int here = chunk;
            partition.FieldIndexes.Read(() => step(here, Of(words, here)));
        }
    }

    private static Span<ulong> Of(ulong[] words, int chunk)
    {
        int first = chunk * SlotChunks.Words;
        return words.AsSpan(first, Math.Min(SlotChunks.Words, words.Length - first));
    }
}
