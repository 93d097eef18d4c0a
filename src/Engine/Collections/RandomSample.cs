using System.Numerics;
using Hypervex.Fields;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Records chosen at random with equal chances: a reservoir (J. S. Vitter, "Random Sampling with a Reservoir", 1985, algorithm R) over the slots of the records that match, which is
/// filled without reading records that the field indexes can decide about. When rows took the place of others or records expired meanwhile it chooses again, and in the end while nothing is applied, as of the clock of its beginning.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class RandomSample(Partition partition, Filter? filter, int? seed)
{
    private const int Attempts = 4;

    public IReadOnlyList<VectorRecord> Read(int count, CollectionSchema schema, Include include, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryRead(count, schema, include, isLast: false, cancellationToken) is { } records)
            {
                return records;
            }
        }

        lock (partition.Still)
        {
            return TryRead(count, schema, include, isLast: true, cancellationToken) ?? [];
        }
    }

    /// <summary>The sample; null when records changed under it so that it must be chosen again.</summary>
    private List<VectorRecord>? TryRead(int count, CollectionSchema schema, Include include, bool isLast, CancellationToken cancellationToken)
    {
        long before = partition.Replacements.Finished;
        using MatchingSlots? matching = filter is null ? null : MatchingSlots.Find(partition, filter, null, cancellationToken);
        List<RecordTable.Found> chosen = Choose(count, matching, cancellationToken);
        var records = new List<VectorRecord>(chosen.Count);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            foreach (RecordTable.Found found in chosen)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RecordBody record = partition.Read(found, buffer, out _);
                bool isThere = isLast || !record.Fixed.HasExpired(partition.NowMs);
                if (!isThere || (matching is not null && !matching.Filter.Matches(record.Metadata)))
                {
                    return null;
                }

                records.Add(PartitionReader.Materialize(record, schema, include));
            }
        }
        finally
        {
            buffer.Return();
        }

        return partition.Replacements.Started == before ? records : null;
    }

    private List<RecordTable.Found> Choose(int count, MatchingSlots? matching, CancellationToken cancellationToken)
    {
        Expiries expiries = partition.FieldIndexes.Expiries;
        long nowMs = matching?.NowMs ?? partition.NowMs;
        ReadOnlySpan<ulong> words = matching is null ? [] : matching.Set.Words.Span;
#pragma warning disable CA5394 // A sample need not be secret, and has to be the same for the same seed.
        Random random = seed is { } given ? new Random(given) : new Random();
        var reservoir = new List<RecordTable.Found>();
        long seen = 0;
        uint slots = partition.Records.SlotCount;
        for (uint first = 0; first < slots; first += 64)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ulong word = matching is null ? ulong.MaxValue : first / 64 < (uint)words.Length ? words[(int)(first / 64)] : 0;
            for (; word != 0; word &= word - 1)
            {
                uint slot = first + (uint)BitOperations.TrailingZeroCount(word);
                if (slot >= slots || !partition.Records.TryGet(slot, out RecordTable.Found found) || expiries.IsDue(slot, nowMs))
                {
                    continue;
                }

                seen++;
                if (reservoir.Count < count)
                {
                    reservoir.Add(found);
                }
                else if (random.NextInt64(seen) is var place && place < count)
                {
                    reservoir[(int)place] = found;
                }
            }
        }

        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(reservoir));
#pragma warning restore CA5394
        return reservoir;
    }
}
