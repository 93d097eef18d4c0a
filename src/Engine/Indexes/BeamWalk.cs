using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>
/// SEARCH-LAYER of the HNSW paper over one <see cref="Beam"/>: expand the nearest node that is not expanded yet, until the
/// beam holds expanded ones only.
/// </summary>
internal static unsafe class BeamWalk
{
    /// <summary>
    /// Nodes expanded in one step. Several make the batch of rows to load larger, which hides more of the memory's latency and
    /// raises the recall at a width by more than the further distances cost: about 3 % more searches at a recall of 0.93 (wordnet, codes of
    /// a byte) and 0.99 (sift) than with two, none either way on fashion-mnist. Six gain nothing over four.
    /// </summary>
    public const int NodesPerStep = 4;

    private const int RowsAtOnce = 4;
    private const int Lanes = 8;

    /// <summary>Walks from the nodes that are in the beam.</summary>
    /// <param name="links">The level.</param>
    /// <param name="scorer">Ranks nodes.</param>
    /// <param name="beam">Holds the starting nodes, receives the nearest ones.</param>
    /// <param name="visited">The starting nodes are met.</param>
    /// <param name="batch">uint32[<see cref="BatchLength"/>].</param>
    /// <param name="limit">How long to go on.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run<TLinks, TScorer>(TLinks links, TScorer scorer, ref Beam beam, Visited visited, uint* batch, ref WorkLimit limit)
        where TLinks : struct, ILinks
        where TScorer : struct, IScorer
    {
        // Copies on the stack of this method, which is not inlined: what the loops read stays in registers.
        TLinks list = links;
        TScorer rows = scorer;
        Beam nearest = beam;
        float* ranks = (float*)(batch + Places(list.Capacity));
        while (nearest.TryTakeNearest(out uint node))
        {
            int count = Gather(list, node, visited, batch, 0);
            for (int more = 1; more < NodesPerStep && nearest.TryTakeNearest(out node); more++)
            {
                count = Gather(list, node, visited, batch, count);
            }

            visited.Note(batch, count);
            RankAll(rows, batch, count, ranks);
            for (int i = 0; i < count; i += Lanes)
            {
                for (uint near = Nearer(nearest, ranks + i, count - i); near != 0; near &= near - 1)
                {
                    int at = i + BitOperations.TrailingZeroCount(near);
                    if (nearest.Insert(ranks[at], batch[at]))
                    {
                        list.Prefetch(batch[at]);
                    }
                }
            }

            if (!limit.Spend(count))
            {
                break;
            }
        }

        beam = nearest;
    }

    /// <summary>Appends the neighbours of a node that are met for the first time. They are marked, and not noted yet (<see cref="Visited.Note"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Gather<TLinks>(TLinks links, uint node, Visited visited, uint* batch, int count)
        where TLinks : struct, ILinks
    {
        uint* neighbours = links.Of(node);
        for (int i = 0; i < links.Capacity; i++)
        {
            uint slot = neighbours[i];
            if (slot == HnswGraph.None)
            {
                break;
            }

            batch[count] = slot;
            count += visited.CountMeeting(slot);
        }

        return count;
    }

    /// <summary>uint32 of the memory that a walk over lists of a capacity takes for its batch: the slots, then their ranks.</summary>
    public static int BatchLength(int capacity) => 2 * Places(capacity);

    private static int Places(int capacity) => ((NodesPerStep * capacity) + Lanes - 1) / Lanes * Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RankAll<TScorer>(TScorer rows, uint* batch, int count, float* ranks)
        where TScorer : struct, IScorer
    {
        int ahead = rows.Ahead;
        for (int i = 0; i < Math.Min(ahead, count); i++)
        {
            rows.Prefetch(batch[i]);
        }

        int first = 0;
        for (; first <= count - RowsAtOnce; first += RowsAtOnce)
        {
            for (int i = first + ahead; i < Math.Min(first + ahead + RowsAtOnce, count); i++)
            {
                rows.Prefetch(batch[i]);
            }

            rows.RankFour(batch + first, ranks + first);
        }

        for (; first < count; first++)
        {
            ranks[first] = rows.Rank(batch[first]);
        }
    }

    // A bit for each rank that may enter the beam. The beam's bound only falls, so what lies above it now stays outside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Nearer(in Beam beam, float* ranks, int count)
    {
        uint all = (uint)((1 << Math.Min(count, Lanes)) - 1);
        return beam.IsFull ? all & Vector256.LessThan(Vector256.Load(ranks), Vector256.Create(beam.Bound)).ExtractMostSignificantBits() : all;
    }
}
