using System.Numerics;
using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// The exact search: every live (and allowed) row is compared with the query by the reproducible kernel. The oracle for the
/// graph, and the better choice for small or strongly filtered collections.
/// </summary>
internal static unsafe class FlatScan
{
    private const int RowsAtOnce = RowPlaces.Count;

    /// <summary>Offers every live row to <paramref name="top"/>.</summary>
    /// <param name="query">float32[dimension], prepared.</param>
    /// <param name="rows">The rows, rented.</param>
    /// <param name="live">The slots that hold a row.</param>
    /// <param name="words">The slots to look at.</param>
    /// <param name="allowedSlots">The slots that may be returned; null = all.</param>
    /// <param name="limit">How long to go on.</param>
    /// <param name="measure">The metric that turns ranks into distances.</param>
    /// <param name="top">Receives the rows.</param>
    /// <returns>False when the limit ended the scan.</returns>
    public static bool Run<TRows, TKernel>(
        float* query, TRows rows, BlockView live, WordRange words, SlotSet? allowedSlots, Measure measure, ref WorkLimit limit, ref TopHits top)
        where TRows : struct, IRows<TRows>
        where TKernel : struct, IKernel
    {
        ReadOnlySpan<ulong> allowed = allowedSlots is { } set ? set.Words.Span : default;
        bool filtered = allowedSlots is not null;
        uint end = filtered ? Math.Min(words.End, (uint)allowed.Length) : words.End;

        uint* waiting = stackalloc uint[RowsAtOnce];
        int count = 0;
        bool completed = true;
        float beyond = measure.RankBeyond(top.Bound);
        for (uint word = words.First; word < end; word++)
        {
            ulong bits = Volatile.Read(ref *(ulong*)live[word]);
            if (filtered)
            {
                bits &= allowed[(int)word];
            }

            if (!limit.TrySpend(BitOperations.PopCount(bits)))
            {
                completed = false;
                break;
            }

            for (; bits != 0; bits &= bits - 1)
            {
                waiting[count++] = (word * 64) + (uint)BitOperations.TrailingZeroCount(bits);
                if (count == RowsAtOnce)
                {
                    OfferFour<TRows, TKernel>(query, rows, waiting, measure, ref beyond, ref top);
                    count = 0;
                }
            }
        }

        Offer<TRows, TKernel>(query, rows, new ReadOnlySpan<uint>(waiting, count), measure, ref top);
        return completed;
    }

    /// <summary>Offers the rows of some slots to <paramref name="top"/>.</summary>
    public static void Offer<TRows, TKernel>(float* query, TRows rows, ReadOnlySpan<uint> slots, Measure measure, ref TopHits top)
        where TRows : struct, IRows<TRows>
        where TKernel : struct, IKernel
    {
        float beyond = measure.RankBeyond(top.Bound);
        fixed (uint* all = slots)
        {
            int i = 0;
            for (; i <= slots.Length - RowsAtOnce; i += RowsAtOnce)
            {
                OfferFour<TRows, TKernel>(query, rows, all + i, measure, ref beyond, ref top);
            }

            for (; i < slots.Length; i++)
            {
                float rank = TKernel.Rank(query, rows.Row(all[i], RowPlaces.Ranked), rows.Dimension);
                top.Offer(new SlotHit(all[i], measure.ToDistance(rank)));
            }
        }
    }

    private static void OfferFour<TRows, TKernel>(float* query, TRows rows, uint* slots, Measure measure, ref float beyond, ref TopHits top)
        where TRows : struct, IRows<TRows>
        where TKernel : struct, IKernel
    {
        float* ranks = stackalloc float[RowsAtOnce];
        rows.Bring(slots, RowsAtOnce);
        TKernel.RankFour(
            query, rows.Brought(slots[0], 0), rows.Brought(slots[1], 1), rows.Brought(slots[2], 2), rows.Brought(slots[3], 3), rows.Dimension, ranks);
        for (int i = 0; i < RowsAtOnce; i++)
        {
            if (ranks[i] > beyond)
            {
                continue;
            }

            float distance = measure.ToDistance(ranks[i]);
            if (distance <= top.Bound)
            {
                top.Offer(new SlotHit(slots[i], distance));
                beyond = measure.RankBeyond(top.Bound);
            }
        }
    }
}
