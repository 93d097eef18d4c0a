using System.IO.Compression;
using System.Runtime.InteropServices;
using Hypervex.Engine.Tests.Indexes;

namespace Hypervex.Engine.Tests.Fields;

/// <summary>Recall of filtered searches on real data: filters that have nothing to do with the vectors, and filters that have.</summary>
public sealed class FilteredRecallTests
{
    private const int K = 10;
    private const double LeastRecall = 0.99;

    [SharedDataFact]
    public void Filtered_sift_is_found_through_the_index_at_every_selectivity()
    {
        byte[] attributes = File.ReadAllBytes(PathOf("siftsmall/attr.u8"));
        float[][] rows = [.. File.ReadAllBytes(PathOf("siftsmall/base.u8")).Select(x => (float)x).Chunk(128)];
        float[][] queries = [.. File.ReadAllBytes(PathOf("siftsmall/query.u8")).Select(x => (float)x).Chunk(128)];
        using var database = Database.CreateInMemory();
        Collection collection = Fill(database, Metric.L2, rows, i => new MetadataObject { ["attr"] = attributes[i] }, "attr", FieldIndexType.Integer);
        foreach (int below in (int[])[1, 10, 50])
        {
            int[] values = MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(PathOf($"siftsmall/filtered.attr_lt_{below}.top10.ivecs"))).ToArray();
            int[][] truth = [.. values.Chunk(values[0] + 1).Select(row => row[1..])];
            double recall = 0;
            for (int i = 0; i < queries.Length; i++)
            {
                SearchHits hits = collection.Search(queries[i], K, new SearchOptions { Filter = Filter.Field("attr") < below, Explain = true });
                Assert.Equal(K, hits.Count);
                Assert.Equal(0, hits.Explanation!.RecordsRead);
                recall += (double)hits.Count(hit => truth[i].Take(K).Contains(int.Parse(hit.Id, System.Globalization.CultureInfo.InvariantCulture))) / K;
            }

            Assert.True(recall / queries.Length >= LeastRecall, $"attribute below {below}: recall {recall / queries.Length}");
        }
    }

    [SharedDataFact]
    public void Words_of_the_query_s_own_category_are_found_through_the_index()
    {
        float[][] rows = [.. MemoryMarshal.Cast<byte, Half>(File.ReadAllBytes(PathOf("wordnet-lsa-sample/base.f16"))).ToArray().Select(x => (float)x).Chunk(256)];
        string[] categories = Categories();
        using var database = Database.CreateInMemory();
        Collection collection = Fill(database, Metric.Cosine, rows, i => new MetadataObject { ["category"] = categories[i] }, "category", FieldIndexType.Keyword);
        int found = 0;
        int asked = 0;
        for (int i = 0; i < rows.Length; i += 97)
        {
            var options = new SearchOptions { Filter = Filter.Field("category") == categories[i] };
            SearchHits truth = collection.Search(rows[i], K, options with { Exact = true });
            SearchHits hits = collection.Search(rows[i], K, options);
            Assert.Equal(Math.Min(K, categories.Count(category => category == categories[i])), hits.Count);
            found += hits.Count(hit => hit.Distance <= truth[^1].Distance);
            asked += truth.Count;
        }

        Assert.True((double)found / asked >= LeastRecall, $"recall {(double)found / asked}");
    }

    [Fact]
    public void Rows_of_a_region_are_found_from_inside_of_it_and_from_outside()
    {
        const int Regions = 6;
        float[][] rows = Samples.Clustered(12_000, 16, Regions, 0.4, seed: 5);
        float[][] centres = [.. rows.Take(Regions)];
        int[] regions = [.. rows.Select(row => Enumerable.Range(0, Regions).MinBy(region => row.Zip(centres[region], (a, b) => (a - b) * (a - b)).Sum()))];
        using var database = Database.CreateInMemory();
        Collection collection = Fill(database, Metric.L2, rows, i => new MetadataObject { ["region"] = regions[i] }, "region", FieldIndexType.Integer);
        int found = 0;
        int asked = 0;
        int walked = 0;
        for (int i = 0; i < 200; i++)
        {
            var options = new SearchOptions { Filter = Filter.Field("region") == (regions[i] + (i % 2)) % Regions, Explain = true };
            SearchHits truth = collection.Search(rows[i], K, options with { Exact = true });
            SearchHits hits = collection.Search(rows[i], K, options);
            Assert.Equal(K, hits.Count);
            found += hits.Count(hit => hit.Distance <= truth[^1].Distance);
            asked += truth.Count;
            walked += hits.Explanation!.Plan == SearchPlan.FilteredGraph ? 1 : 0;
        }

        Assert.True((double)found / asked >= LeastRecall, $"recall {(double)found / asked}");
        Assert.True(walked > 20, $"only {walked} searches walked the graph: the test says nothing about it");
    }

    private static Collection Fill(Database database, Metric metric, float[][] rows, Func<int, MetadataObject> metadata, string field, FieldIndexType type)
    {
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(rows[0].Length, metric) with { FieldIndexes = new Dictionary<string, FieldIndexType> { [field] = type } });
        foreach (int[] batch in Enumerable.Range(0, rows.Length).Chunk(2_000))
        {
            collection.UpsertBatch([.. batch.Select(i => new VectorRecord($"{i}", rows[i]) { Metadata = metadata(i) })]);
        }

        collection.WaitForIndex();
        collection.WaitForFieldIndexes();
        return collection;
    }

    private static string[] Categories()
    {
        using var text = new StreamReader(new GZipStream(File.OpenRead(PathOf("wordnet-lsa-sample/base.tsv.gz")), CompressionMode.Decompress));
        return [.. text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t')[2])];
    }

    private static string PathOf(string file) => Path.Combine(SharedDataFactAttribute.Folder!, file);
}
