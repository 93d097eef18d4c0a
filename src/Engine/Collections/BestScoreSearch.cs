using Hypervex.Distances;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The search of <see cref="RecommendStrategy.BestScore"/>. Whoever is not among the hits of any positive example scores at most what the last of these hits does; so the union of these hits holds
/// the answer as soon as k of it score more and are nearer to a positive than to a negative example. Until then the searches are widened, in the end to all that match. Rows that move and records that expire under it make it begin
/// anew, and in the end run while nothing is applied and nothing expires.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class BestScoreSearch(Partition partition, PartitionReader reader, CollectionSearch search, float[][] positive, float[][] negative, HashSet<string> examples, int k)
{
    private const int Repeats = 4;

    private const int Widening = 4;

    private bool _isLast;

    private long NowMs => _isLast ? RecordFixed.BeforeAnyExpiry : partition.NowMs;

    private readonly record struct Candidate(Hit Hit, float Liked, float Disliked, byte[] Id) : IComparable<Candidate>
    {
        public bool IsLiked => Liked > Disliked;

        public int CompareTo(Candidate other)
        {
            int order = other.IsLiked.CompareTo(IsLiked);
            order = order != 0 ? order : IsLiked ? other.Liked.CompareTo(Liked) : Disliked.CompareTo(other.Disliked);
            return order != 0 ? order : Id.AsSpan().SequenceCompareTo(other.Id);
        }
    }

    public SearchHits Run(CollectionSchema schema, SearchOptions options, CancellationToken closing)
    {
        for (int attempt = 0; attempt < Repeats; attempt++)
        {
            if (TryRun(schema, options, closing) is { } hits)
            {
                return hits;
            }
        }

        lock (partition.Still)
        {
            _isLast = true;
            return TryRun(schema, options, closing) ?? new SearchHits([], default, null);
        }
    }

    /// <summary>The answer; null when a record moved on the way.</summary>
    private SearchHits? TryRun(CollectionSchema schema, SearchOptions options, CancellationToken closing)
    {
        if (partition.FieldOf(VectorChecks.Field(schema, options.Field).Id) is not { } field)
        {
            SearchChecks.Check(schema, positive[0], options);
            return new SearchHits([], default, null);
        }

        var measure = Measure.Of(field.Schema.Options);
        float[][] liked = Array.ConvertAll(positive, example => ToRow(measure, field, example));
        float[][] disliked = Array.ConvertAll(negative, example => ToRow(measure, field, example));
        long all = partition.Records.Count + CollectionSearch.RoomToGrow;
        long room = Math.Min(all, k + examples.Count + 16L);
        long distances = 0;
        while (true)
        {
            bool isAll = room >= all;
            var found = new Dictionary<uint, Hit>();
            float unseen = float.NegativeInfinity; // what a record that was not found can score at most
            var limit = SearchLimit.None;
            int ef = 0;
            bool isExhausted = false;
            foreach (float[] example in isAll && options is { Radius: null, MinScore: null } ? positive.Take(1) : positive)
            {
                var hits = new Hit[room];
                int count = search.Run(schema, example, isAll ? options with { Exact = true } : options, hits, closing, out SearchReport report);
                if (isAll && count == room)
                {
                    return null; // records came meanwhile, and crowded others out
                }

                distances += report.Distances;
                ef = Math.Max(ef, report.Ef);
                limit = report.LimitedBy == SearchLimit.MaxDistances ? SearchLimit.MaxDistances : limit;
                isExhausted |= count < room && options is { Radius: null, MinScore: null };
                unseen = count == room ? Math.Max(unseen, hits[count - 1].Score) : unseen;
                foreach (Hit hit in hits.AsSpan(0, count))
                {
                    found[hit.Handle.Slot] = hit;
                }
            }

            if (TryRank(found.Values, field, liked, disliked, options.CancellationToken) is not { } ranked)
            {
                return null;
            }

            bool isSettled = isAll || isExhausted || limit == SearchLimit.MaxDistances || unseen == float.NegativeInfinity
                || (ranked.Count >= k && ranked[k - 1].IsLiked && ranked[k - 1].Liked > unseen);
            if (isSettled)
            {
                return Materialize(ranked, schema, options, new SearchReport(limit, distances, ef));
            }

            room = room * Widening * Widening > all ? all : room * Widening;
        }
    }

    private static float[] ToRow(Measure measure, VectorField field, float[] example)
    {
        float[] row = new float[field.RowLength];
        VectorShape.ToRow(measure, example, row);
        return row;
    }

    private List<Candidate>? TryRank(IEnumerable<Hit> hits, VectorField field, float[][] liked, float[][] disliked, CancellationToken cancellationToken)
    {
        var ranked = new List<Candidate>();
        Metric metric = field.Schema.Options.Metric;
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            foreach (Hit hit in hits)
            {
                cancellationToken.ThrowIfCancellationRequested();
                float nearest = Nearest(field, liked, hit.Handle.Slot);
                float nearestDisliked = Nearest(field, disliked, hit.Handle.Slot);
                if (!reader.TryRead(hit.Handle, NowMs, buffer, out RecordBody record))
                {
                    return null; // and if it is still there, the row that was compared is its own
                }

                if (examples.Contains(Names.Decode(record.Id)))
                {
                    continue;
                }

                float score = Scores.FromDistance(metric, nearest);
                float against = disliked.Length == 0 ? float.NegativeInfinity : Scores.FromDistance(metric, nearestDisliked);
                ranked.Add(new Candidate(new Hit(hit.Handle, nearest, score), score, against, record.Id.ToArray()));
            }
        }
        finally
        {
            buffer.Return();
        }

        ranked.Sort();
        return ranked;
    }

    private static float Nearest(VectorField field, float[][] examples, uint slot)
    {
        float nearest = float.PositiveInfinity;
        foreach (float[] example in examples)
        {
            nearest = Math.Min(nearest, field.Distance(example, slot));
        }

        return nearest;
    }

    private SearchHits? Materialize(List<Candidate> ranked, CollectionSchema schema, in SearchOptions options, SearchReport report)
    {
        var result = new List<SearchHit>(Math.Min(k, ranked.Count));
        foreach (Candidate candidate in ranked.Take(k))
        {
            if (reader.Materialize(candidate.Hit, NowMs, schema, options.Include) is not { } hit)
            {
                return null;
            }

            result.Add(hit);
        }

        return new SearchHits(result, report, null);
    }
}
