using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks;

namespace Hypervex.Bench.Run;

/// <summary>Our searches of one case: how good they are, and how long each takes. Thread safety: one thread.</summary>
internal sealed class FilteredSearches
{
    private readonly Collection _collection;
    private readonly FilteredSet _set;
    private readonly int[] _queries;
    private readonly Filter[] _filters;
    private readonly int[][] _truth;
    private readonly int[][] _filteredTruth;
    private readonly Hit[] _hits = new Hit[Workload.K];

    /// <summary>Of a collection whose ids are row numbers.</summary>
    public FilteredSearches(Collection collection, FilteredSet set, FilteredCase each, string files)
    {
        _collection = collection;
        _set = set;
        _queries = each.Queries;
        _filters = [.. each.Ranges.Select((range, query) => _queries.Contains(query) ? set.FilterOf(range) : default!)];
        _truth = FilteredSet.ReadTruth(files, null);
        _filteredTruth = FilteredSet.ReadTruth(files, each.Name);
    }

    /// <summary>Recall@10, and how many queries got fewer hits than 10, or than match.</summary>
    public (double Recall, int Short, int LeastHits) Judge(bool filtered, SearchOptions options)
    {
        Recall recall = new(_collection, _set.Metric);
        int right = 0, asked = 0, tooShort = 0, least = int.MaxValue;
        foreach (int query in _queries)
        {
            int[] truth = filtered ? _filteredTruth[query] : _truth[query];
            int count = Search(query, filtered, options);
            int[] found = [.. _hits.Take(count).Select(hit => recall.RowOf(hit))];
            right += recall.CountFound(_set.Queries[query], found, truth, truth.Length);
            asked += truth.Length;
            tooShort += count < truth.Length ? 1 : 0;
            least = Math.Min(least, count);
        }

        return ((double)right / asked, tooShort, least);
    }

    /// <summary>Answers every query once, untimed, then cycles through them for at least so long.</summary>
    public JsonObject Measure(bool filtered, SearchOptions options, double seconds)
    {
        (double recall, int tooShort, int least) = Judge(filtered, options);
        LatencySamples samples = new();
        long begin = Stopwatch.GetTimestamp();
        long now = begin;
        var end = begin + (long)(seconds * Stopwatch.Frequency);
        for (int i = 0; now < end || i < _queries.Length; i++)
        {
            long before = now;
            Search(_queries[i % _queries.Length], filtered, options);
            now = Stopwatch.GetTimestamp();
            samples.Add(now - before);
        }

        return new JsonObject
        {
            ["recall"] = Math.Round(recall, 6),
            ["short"] = tooShort,
            ["least_hits"] = least,
            ["p50_us"] = Math.Round(samples.PercentileMicroseconds(0.5), 2),
            ["p99_us"] = Math.Round(samples.PercentileMicroseconds(0.99), 2),
            ["searches"] = samples.Count,
        };
    }

    /// <summary>How many of the queries were answered in which way.</summary>
    public JsonObject Plans() => new(_queries
        .Select(query => _collection.Search(_set.Queries[query], Workload.K, new SearchOptions { Filter = _filters[query], Explain = true }).Explanation!.Plan)
        .GroupBy(plan => plan)
        .Select(group => KeyValuePair.Create<string, JsonNode?>(group.Key.ToString(), group.Count())));

    private int Search(int query, bool filtered, in SearchOptions options) =>
        _collection.Search(_set.Queries[query], filtered ? options with { Filter = _filters[query] } : options, _hits);
}
