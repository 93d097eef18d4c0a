using System.Buffers;
using System.Diagnostics;
using Hypervex.Indexes;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The walk of a search: checks the query, finds the slots that the filter allows, asks the field's index, and turns slots into hits.
/// Thread safety: all members.
/// </summary>
internal sealed class CollectionSearch(Partition partition, PartitionReader reader)
{
    /// <summary>A search whose hits vanish under it (deleted or replaced meanwhile) is repeated this often.</summary>
    private const int Repeats = 4;

    /// <summary>So many records may come while a search for all that are there is under way; it begins anew when they were more.</summary>
    public const int RoomToGrow = 16;

    /// <summary>Spare rows of the first repetition; each further one doubles them.</summary>
    private const int FirstSpare = 8;

    /// <summary>So many records that have expired and are not deleted yet are asked for beyond what is wanted; more are left out of the search like what a filter leaves out.</summary>
    private const int MostExpired = 64;

    /// <summary>Fills <paramref name="hits"/>, nearest first, equal distances by slot; returns how many.</summary>
    public int Run(CollectionSchema schema, ReadOnlySpan<float> query, in SearchOptions options, Span<Hit> hits, CancellationToken closing, out SearchReport report, SearchTrace? trace = null)
    {
        report = default;
        FieldSchema field = SearchChecks.Check(schema, query, options);
        if (partition.FieldOf(field.Id) is not { } started)
        {
            return 0; // no vector has decided the dimension yet, so there is nothing to find
        }

        CancellationTokenSource? linked = null;
        CancellationToken cancellation = closing;
        if (options.CancellationToken.CanBeCanceled)
        {
            linked = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, closing);
            cancellation = linked.Token;
        }

        try
        {
            int count = 0;
            bool complete = false;
            for (int attempt = 0; attempt < Repeats && !complete; attempt++)
            {
                count = Once(started, query, options, attempt == 0 ? 0 : FirstSpare << attempt, hits, trace, cancellation, out complete, out report);
            }

            if (!complete)
            {
                lock (partition.Still)
                {
                    count = Once(started, query, options, FirstSpare, hits, trace, cancellation, out _, out report);
                }
            }

            if (options.Radius is not null && count == hits.Length && count < partition.Records.Count && report.LimitedBy == SearchLimit.None)
            {
                report = report with { LimitedBy = SearchLimit.K };
            }

            if (options.MinScore is { } least)
            {
                while (count > 0 && hits[count - 1].Score < least)
                {
                    count--;
                }
            }

            return count;
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            throw new HypervexException(ErrorCode.Closed, $"The collection \"{schema.Name}\" was closed while it was searched.");
        }
        finally
        {
            linked?.Dispose();
        }
    }

    /// <summary>The comfortable search: hits with ids, equal distances in order of id bytes.</summary>
    public SearchHits Run(CollectionSchema schema, ReadOnlySpan<float> query, int k, in SearchOptions options, CancellationToken closing)
    {
        for (int attempt = 0; attempt < Repeats; attempt++)
        {
            SearchHits result = Once(schema, query, k, options, isLast: false, closing, out bool lost);
            if (!lost)
            {
                return result;
            }
        }

        lock (partition.Still)
        {
            return Once(schema, query, k, options, isLast: true, closing, out _);
        }
    }

    /// <summary>The search for the neighbours of a stored record, which is not among them.</summary>
    public SearchHits RunById(CollectionSchema schema, string id, ReadOnlySpan<float> vector, int k, in SearchOptions options, CancellationToken closing)
    {
        // One more than asked for: the record itself is nearest, except under dot or beside equal ones.
        SearchHits hits = Run(schema, vector, k + 1, options, closing);
        hits.LeaveOut(id, k);
        return hits;
    }

    /// <summary>The search for hits that are none of these records.</summary>
    public SearchHits RunWithout(CollectionSchema schema, ReadOnlySpan<float> query, int k, IReadOnlySet<string> leftOut, in SearchOptions options, CancellationToken closing)
    {
        SearchHits hits = Run(schema, query, k + leftOut.Count, options, closing);
        return new SearchHits([.. hits.Where(hit => !leftOut.Contains(hit.Id)).Take(k)], hits.Report, hits.Explanation);
    }

    private int Once(VectorField field, ReadOnlySpan<float> query, in SearchOptions options, int spare, Span<Hit> hits, SearchTrace? trace, CancellationToken cancellation, out bool complete, out SearchReport report)
    {
        long started = Stopwatch.GetTimestamp();
        long since = partition.Replacements.Finished;
        long nowMs = partition.NowMs;
        int expired = partition.FieldIndexes.Expiries.Earliest <= nowMs ? CountExpired(nowMs) : 0;
        using MatchingSlots? matching = options.Filter is not null || expired > MostExpired ? MatchingSlots.Find(partition, options.Filter, trace?.Warnings, cancellation) : null;
        trace?.Filtered(options.Filter is null ? null : matching, started);
        spare += matching is null ? expired : 0;
        started = Stopwatch.GetTimestamp();
        var search = new FieldSearch
        {
            Ef = options.Ef,
            TargetRecall = options.TargetRecall,
            Exact = options.Exact,
            Radius = options.Radius,
            MinRanked = (int)Math.Min(Math.Ceiling((double)options.Oversampling * hits.Length), Limits.MaxEf),
            MaxDistances = options.MaxDistances,
            Allowed = matching?.Set,
            CancellationToken = cancellation,
        };
        int count = reader.Search(field, query, search, matching?.Filter, matching?.NowMs ?? nowMs, matching?.Since ?? since, spare, hits, out complete, out FieldSearchReport done);
        trace?.Searched(done, started);
        partition.SearchCounts.Add(done.Distances);
        report = new SearchReport(done.IsCut ? SearchLimit.MaxDistances : SearchLimit.None, done.Distances, done.Ef);
        return count;
    }

    private SearchHits Once(CollectionSchema schema, ReadOnlySpan<float> query, int k, in SearchOptions options, bool isLast, CancellationToken closing, out bool lost)
    {
        // Not much more than what is there: k is the user's number, and nothing is allocated in proportion to it.
        long nowMs = partition.NowMs;
        int room = (int)Math.Clamp(partition.Records.Count + RoomToGrow, 1, k);
        Hit[] hits = ArrayPool<Hit>.Shared.Rent(room);
        try
        {
            SearchTrace? trace = options.Explain ? new SearchTrace() : null;
            int count = Run(schema, query, options, hits.AsSpan(0, room), closing, out SearchReport report, trace);
            while (count == room && NeedsMoreRoom(hits.AsSpan(0, room), k, options))
            {
                room = room < k ? (int)Math.Min(k, room * 2L) : (int)Math.Max(room + 1L, Math.Min(partition.Records.Count, room * 2L));
                ArrayPool<Hit>.Shared.Return(hits);
                hits = ArrayPool<Hit>.Shared.Rent(room);
                count = Run(schema, query, options, hits.AsSpan(0, room), closing, out report, trace);
            }

            Delays.Here();
            long started = Stopwatch.GetTimestamp();
            var result = new List<SearchHit>(count);
            lost = false;
            foreach (Hit hit in hits.AsSpan(0, count))
            {
                if (reader.Materialize(hit, isLast ? nowMs : partition.NowMs, schema, options.Include) is { } found)
                {
                    result.Add(found);
                }
                else
                {
                    lost = true;
                }
            }

            trace?.HaveRead(started);
            SortTiesById(result);
            if (result.Count > k)
            {
                result.RemoveRange(k, result.Count - k);
                if (options.Radius is not null && report.LimitedBy == SearchLimit.None)
                {
                    report = report with { LimitedBy = SearchLimit.K };
                }
            }

            return new SearchHits(result, report, trace?.Explain());
        }
        finally
        {
            ArrayPool<Hit>.Shared.Return(hits);
        }
    }

    private int CountExpired(long nowMs)
    {
        int expired = 0;
        partition.FieldIndexes.Read(() => expired = partition.FieldIndexes.Expiries.CountDue(nowMs, MostExpired + 1));
        return expired;
    }

    /// <summary>
    /// Whether hits that fill their room may not be all that belong to the answer: records came meanwhile and crowded others out, or, of an exact search, among equal distances at the k-th place the
    /// ids decide, so that all of these are needed.
    /// </summary>
    private bool NeedsMoreRoom(ReadOnlySpan<Hit> hits, int k, in SearchOptions options) =>
        hits.Length < k || (options.Exact && hits[^1].Distance == hits[k - 1].Distance && hits.Length < partition.Records.Count);

    private static void SortTiesById(List<SearchHit> hits)
    {
        bool ties = false;
        for (int i = 1; i < hits.Count; i++)
        {
            ties |= hits[i].Distance == hits[i - 1].Distance;
        }

        if (ties)
        {
            hits.Sort((left, right) =>
            {
                int byDistance = left.Distance.CompareTo(right.Distance);
                return byDistance != 0 ? byDistance : CompareUtf8(left.Id, right.Id);
            });
        }
    }

    /// <summary>Order of the UTF-8 bytes, which is that of code points and not that of UTF-16 units.</summary>
    private static int CompareUtf8(string left, string right)
    {
        int shared = Math.Min(left.Length, right.Length);
        for (int i = 0; i < shared; i++)
        {
            char a = left[i];
            char b = right[i];
            if (a != b)
            {
                return char.IsSurrogate(a) != char.IsSurrogate(b) ? char.IsSurrogate(a).CompareTo(char.IsSurrogate(b)) : a.CompareTo(b);
            }
        }

        return left.Length.CompareTo(right.Length);
    }
}
