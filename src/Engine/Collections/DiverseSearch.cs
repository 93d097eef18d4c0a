using System.Buffers;
using Hypervex.Distances;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Maximal marginal relevance, see <see cref="DiversityOptions"/>: k choices among the nearest candidates, with one comparison of each candidate for each choice. Candidates whose rows move or whose records expire
/// under it make it begin anew, and in the end run while nothing is applied and nothing expires.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class DiverseSearch(Partition partition, PartitionReader reader, CollectionSearch search, int k, int candidates, double lambda, string? leftOut)
{
    private const int Repeats = 4;

    private bool _isLast;

    private long NowMs => _isLast ? RecordFixed.BeforeAnyExpiry : partition.NowMs;

    public SearchHits Run(CollectionSchema schema, float[] query, in SearchOptions options, CancellationToken closing)
    {
        for (int attempt = 0; attempt < Repeats; attempt++)
        {
            if (TryRun(schema, query, options, closing) is { } hits)
            {
                return hits;
            }
        }

        lock (partition.Still)
        {
            _isLast = true;
            return TryRun(schema, query, options, closing) ?? new SearchHits([], default, null);
        }
    }

    private SearchHits? TryRun(CollectionSchema schema, float[] query, SearchOptions options, CancellationToken closing)
    {
        int most = candidates + (leftOut is null ? 0 : 1);
        var hits = new Hit[(int)Math.Clamp(partition.Records.Count + CollectionSearch.RoomToGrow, 1, most)];
        int count = search.Run(schema, query, options, hits, closing, out SearchReport report);
        if (count == hits.Length && count < most)
        {
            return null; // records came meanwhile, and crowded others out
        }

        if (count == 0 || partition.FieldOf(VectorChecks.Field(schema, options.Field).Id) is not { } field)
        {
            return new SearchHits([], report, null);
        }

        List<SearchHit>? found = TryRead(hits.AsSpan(0, count), schema, options.Include);
        int self = found?.FindIndex(hit => hit.Id == leftOut) ?? -1;
        List<Hit> nearest = [.. hits.AsSpan(0, count)];
        if (self >= 0)
        {
            found!.RemoveAt(self);
            nearest.RemoveAt(self);
        }

        return found is not null && TryChoose(field, nearest, options.CancellationToken) is { } chosen ? new SearchHits([.. chosen.Select(i => found[i])], report, null) : null;
    }

    private List<SearchHit>? TryRead(ReadOnlySpan<Hit> hits, CollectionSchema schema, Include include)
    {
        var found = new List<SearchHit>(hits.Length);
        foreach (Hit hit in hits)
        {
            if (reader.Materialize(hit, NowMs, schema, include) is not { } one)
            {
                return null;
            }

            found.Add(one);
        }

        return found;
    }

    /// <summary>The choices in order; null when a row has moved.</summary>
    private List<int>? TryChoose(VectorField field, List<Hit> hits, CancellationToken cancellationToken)
    {
        var chosen = new List<int>();
        List<int> left = [.. Enumerable.Range(0, Math.Min(hits.Count, candidates))];
        float[] nearestChosen = new float[hits.Count];
        Array.Fill(nearestChosen, float.NegativeInfinity);
        float[] rented = ArrayPool<float>.Shared.Rent(field.RowLength);
        try
        {
            Span<float> row = rented.AsSpan(0, field.RowLength);
            while (chosen.Count < k && left.Count > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int best = Best(left, hits, nearestChosen, chosen.Count == 0);
                chosen.Add(best);
                left.Remove(best);
                if (chosen.Count == k)
                {
                    break;
                }

                if (!TryPrepare(field, hits[best], row))
                {
                    return null;
                }

                foreach (int i in left)
                {
                    float score = Scores.FromDistance(field.Schema.Options.Metric, field.Distance(row, hits[i].Handle.Slot));
                    nearestChosen[i] = Math.Max(nearestChosen[i], score);
                }
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }

        // A row that is still there has been so since it was found, for rows do not change.
        long nowMs = NowMs;
        return hits.TrueForAll(hit => partition.Records.TryGet(hit.Handle.Slot, out RecordTable.Found found) && found.Row == hit.Handle.Generation && !partition.FieldIndexes.Expiries.IsDue(hit.Handle.Slot, nowMs)) ? chosen : null;
    }

    private int Best(List<int> left, List<Hit> hits, float[] nearestChosen, bool isFirst)
    {
        int best = left[0];
        double greatest = double.NegativeInfinity;
        foreach (int i in left)
        {
            double value = isFirst ? hits[i].Score : (lambda * hits[i].Score) - ((1 - lambda) * nearestChosen[i]);
            if (value > greatest)
            {
                (best, greatest) = (i, value); // of equal ones the nearest
            }
        }

        return best;
    }

    private bool TryPrepare(VectorField field, in Hit hit, Span<float> row)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (reader.TryRead(hit.Handle, NowMs, buffer, out RecordBody record))
            {
                foreach (RecordVector vector in record.Vectors)
                {
                    if (vector.Field == field.Schema.Id)
                    {
                        VectorShape.ToRow(Measure.Of(field.Schema.Options), vector, row);
                        return true;
                    }
                }
            }

            return false;
        }
        finally
        {
            buffer.Return();
        }
    }
}
