using System.Numerics;
using Hypervex.Fields;
using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Counts the values of a field over the records that match a filter: by the postings of a keyword index when it takes every value there is, else by
/// reading the records. Exact while nothing is written; else each record counts once, as it was at some moment of the call: when rows took the place of
/// others meanwhile it counts again, and in the end while nothing is applied. Thread safety: all members.
/// </summary>
internal sealed class FacetCounter(Partition partition)
{
    private const int PostingsAtOnce = 4096;

    private const int ReadsBetweenLooks = 256;

    private const int Attempts = 4;

    public FacetCounts Count(string field, Filter? filter, int limit, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            long before = partition.Replacements.Finished;
            FacetCounts counts = CountOnce(field, filter, limit, cancellationToken);
            if (partition.Replacements.Started == before)
            {
                return counts;
            }
        }

        lock (partition.Still)
        {
            return CountOnce(field, filter, limit, cancellationToken);
        }
    }

    private FacetCounts CountOnce(string field, Filter? filter, int limit, CancellationToken cancellationToken)
    {
        Filter counted = filter is null ? Filter.Field(field).Exists() : Filter.Field(field).Exists() & filter;
        using var slots = MatchingSlots.Find(partition, counted, null, cancellationToken);
        Delays.Here();
        Dictionary<MetadataValue, long> counts = partition.FieldIndexes.FindReady(field) is { Values: KeywordIndex { Others.Count: 0, Kind: not KeywordKind.Tokens } index }
            ? ByPostings(index, slots.Set.Words.Span.ToArray(), cancellationToken)
            : ByReading(new FieldPath(field), slots.Set.Words, cancellationToken);
        FacetCount[] values = [.. counts.Select(pair => new FacetCount(pair.Key, pair.Value))
            .OrderByDescending(facet => facet.Count)
            .ThenBy(facet => facet.Value.Kind)
            .ThenBy(facet => facet.Value.ToString(), StringComparer.Ordinal)
            .Take(limit)];
        return new FacetCounts(values, counts.Count);
    }

    private Dictionary<MetadataValue, long> ByPostings(KeywordIndex index, ulong[] words, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<MetadataValue, long>();
        PostingList list = index.Snapshot;
        for (int first = 0; first < list.Count; first += PostingsAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int end = Math.Min(list.Count, first + PostingsAtOnce);
            int begin = first;
            partition.FieldIndexes.Read(() =>
            {
                foreach (Posting posting in list.All.AsSpan(begin, end - begin))
                {
                    if (posting.CountIn(words) is var count and > 0)
                    {
                        counts.Add(MetadataEncoding.Decode(index.ValueOf(posting)), count);
                    }
                }
            });
        }

        return counts;
    }

    private Dictionary<MetadataValue, long> ByReading(FieldPath path, ReadOnlyMemory<ulong> slots, CancellationToken cancellationToken)
    {
        var counts = new Dictionary<MetadataValue, long>();
        var ofRecord = new HashSet<MetadataValue>();
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            ReadOnlySpan<ulong> words = slots.Span;
            int read = 0;
            for (int word = 0; word < words.Length; word++)
            {
                for (ulong rest = words[word]; rest != 0; rest &= rest - 1)
                {
                    if (read++ % ReadsBetweenLooks == 0)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                    }

                    uint slot = ((uint)word * 64) + (uint)BitOperations.TrailingZeroCount(rest);
                    if (partition.Records.TryGet(slot, out RecordTable.Found found) && path.TryFind(partition.Read(found, buffer, out _).Metadata, out EncodedValue value))
                    {
                        ofRecord.Clear();
                        Collect(value, ofRecord);
                        foreach (MetadataValue one in ofRecord)
                        {
                            counts[one] = counts.GetValueOrDefault(one) + 1;
                        }
                    }
                }
            }
        }
        finally
        {
            buffer.Return();
        }

        return counts;
    }

    /// <summary>Adds the values that a record counts for: the value itself, or the items of an array; none for objects.</summary>
    public static void Collect(EncodedValue value, HashSet<MetadataValue> values)
    {
        if (value.Tag == MetadataTag.Array)
        {
            for (var items = new EncodedItems(value.Payload); items.MoveNext();)
            {
                AddScalar(items.Current, values);
            }
        }
        else
        {
            AddScalar(value, values);
        }
    }

    private static void AddScalar(EncodedValue value, HashSet<MetadataValue> values)
    {
        if (value.Tag == MetadataTag.Float && NumberOrder.TryToInteger(value.Float, out long integer))
        {
            values.Add(integer);
        }
        else if (value.Tag is not (MetadataTag.Array or MetadataTag.Object))
        {
            values.Add(MetadataEncoding.Decode(value));
        }
    }
}
