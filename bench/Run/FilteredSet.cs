using System.IO.Compression;
using System.Runtime.InteropServices;
using Hypervex.Cli.Benchmarks;

namespace Hypervex.Bench.Run;

/// <summary>What some of the queries of a set ask for: rows whose label lies in the query's range; a query with an empty range is not asked.</summary>
internal sealed record FilteredCase(string Name, (int Low, int High)[] Ranges)
{
    /// <summary>The queries that are asked.</summary>
    public int[] Queries { get; } = [.. Enumerable.Range(0, Ranges.Length).Where(query => Ranges[query].Low <= Ranges[query].High)];
}

/// <summary>
/// Rows with one label each, queries, and cases of filters on the labels; true neighbours in float64, with and without the filter. Thread safety: immutable.
/// </summary>
internal sealed record FilteredSet(string Name, Metric Metric, float[][] Rows, int[] Labels, float[][] Queries, FilteredCase[] Cases)
{
    private const int MostOfACategory = 8;

    /// <summary>The metadata field that has the labels.</summary>
    public const string Field = "label";

    /// <summary>What a label is in the metadata; null = the number itself.</summary>
    public string[]? Words { get; init; }

    /// <summary>Reads siftsmall: the same queries with three filters that have nothing to do with the vectors.</summary>
    public static FilteredSet Sift(string shared)
    {
        float[][] queries = Bytes(Path.Combine(shared, "siftsmall/query.u8"));
        return new(
            "siftsmall-filtered",
            Metric.L2,
            Bytes(Path.Combine(shared, "siftsmall/base.u8")),
            [.. File.ReadAllBytes(Path.Combine(shared, "siftsmall/attr.u8")).Select(value => (int)value)],
            queries,
            [.. new[] { 1, 10, 50 }.Select(below => new FilteredCase($"below-{below}", [.. queries.Select(_ => (0, below - 1))]))]);
    }

    /// <summary>Reads wordnet-lsa: the queries are rows of every category, and ask for their own category, so that what matches is what is near.</summary>
    public static FilteredSet WordNet(string shared)
    {
        const int Dimension = 256;
        float[][] rows = [.. MemoryMarshal.Cast<byte, Half>(File.ReadAllBytes(Path.Combine(shared, "wordnet-lsa-sample/base.f16"))).ToArray().Select(x => (float)x).Chunk(Dimension)];
        using var text = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(shared, "wordnet-lsa-sample/base.tsv.gz")), CompressionMode.Decompress));
        string[] categories = [.. text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t')[2])];
        string[] words = [.. categories.Distinct().Order(StringComparer.Ordinal)];
        int[] labels = [.. categories.Select(category => Array.IndexOf(words, category))];
        int[][] members = [.. words.Select((_, label) => Enumerable.Range(0, rows.Length).Where(row => labels[row] == label).ToArray())];
        int[] asked = [.. members.SelectMany(of => Enumerable.Range(0, Math.Min(MostOfACategory, of.Length)).Select(i => of[i * of.Length / Math.Min(MostOfACategory, of.Length)]))];
        FilteredCase Case(string name, double from, double to) => new(name, [.. asked.Select(row =>
        {
            double share = members[labels[row]].Length / (double)rows.Length;
            return share >= from && share < to ? (labels[row], labels[row]) : (1, 0);
        })]);
        return new("wordnet-by-category", Metric.Cosine, rows, labels, [.. asked.Select(row => rows[row])], [Case("rare", 0, 0.01), Case("common", 0.01, 0.05), Case("frequent", 0.05, 1)]) { Words = words };
    }

    /// <summary>The filter of a query in our words.</summary>
    public Filter FilterOf((int Low, int High) range) => Words is null ? Hypervex.Filter.Field(Field) <= range.High : Hypervex.Filter.Field(Field) == Words[range.Low];

    /// <summary>A row's metadata.</summary>
    public MetadataObject MetadataOf(int row) => new() { [Field] = Words is null ? Labels[row] : Words[Labels[row]] };

    /// <summary>Rows that match.</summary>
    public int Matches((int Low, int High) range) => Labels.Count(label => label >= range.Low && label <= range.High);

    /// <summary>Writes what hnswlib reads, once: rows, queries and true neighbours without a filter; of each case the ranges and the true neighbours under its filter, -1 where there are no more.</summary>
    public string WriteTo(string cache)
    {
        string directory = Path.Combine(cache, Name);
        string ready = Path.Combine(directory, "ready");
        if (!File.Exists(ready))
        {
            Directory.CreateDirectory(directory);
            Write(directory, "base.f32", Rows.SelectMany(row => row));
            Write(directory, "queries.f32", Queries.SelectMany(query => query));
            Write(directory, "labels.i32", Labels);
            int[][] order = new int[Queries.Length][];
            Parallel.For(0, Queries.Length, query =>
            {
                double[] distances = [.. Rows.Select(row => ReferenceDistance.Between(Metric, Queries[query], row))];
                order[query] = [.. Enumerable.Range(0, Rows.Length).OrderBy(row => distances[row])];
            });
            Write(directory, "truth.i32", order.SelectMany(rows => rows.Take(Workload.K)));
            foreach (FilteredCase each in Cases)
            {
                Write(directory, $"{each.Name}.ranges.i32", each.Ranges.SelectMany(range => new[] { range.Low, range.High }));
                Write(directory, $"{each.Name}.truth.i32", order.SelectMany((rows, query) => rows
                    .Where(row => Labels[row] >= each.Ranges[query].Low && Labels[row] <= each.Ranges[query].High).Concat(Enumerable.Repeat(-1, Workload.K)).Take(Workload.K)));
            }

            File.WriteAllText(ready, "");
        }

        return directory;
    }

    /// <summary>True neighbours of each query: without a filter, or under that of a case, as many as match.</summary>
    public static int[][] ReadTruth(string directory, string? name) =>
        [.. MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(Path.Combine(directory, name is null ? "truth.i32" : $"{name}.truth.i32"))).ToArray().Chunk(Workload.K).Select(rows => rows.TakeWhile(row => row >= 0).ToArray())];

    private static float[][] Bytes(string path)
    {
        const int Dimension = 128;
        return [.. File.ReadAllBytes(path).Select(component => (float)component).Chunk(Dimension)];
    }

    private static void Write<T>(string directory, string name, IEnumerable<T> values)
        where T : unmanaged => File.WriteAllBytes(Path.Combine(directory, name), MemoryMarshal.AsBytes<T>(values.ToArray()).ToArray());
}
