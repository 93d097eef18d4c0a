using System.Runtime.InteropServices;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>Recall against the published exact neighbours of SIFT and WordNet vectors.</summary>
public sealed class RealDataTests
{
    private const int K = 10;

    [SharedDataFact]
    public void Sift_is_found_by_rows() => CheckSift(QuantizationKind.None);

    [SharedDataFact]
    public void Sift_is_found_by_bytes() => CheckSift(QuantizationKind.Sq8);

    [SharedDataFact]
    public void Sift_is_found_by_half_bytes() => CheckSift(QuantizationKind.Sq4);

    [SharedDataFact]
    public void Spiky_text_vectors_are_found_by_rows() => CheckWordNet(QuantizationKind.None);

    [SharedDataFact]
    public void Spiky_text_vectors_are_found_by_half_bytes() => CheckWordNet(QuantizationKind.Sq4);

    [SharedDataFact]
    public void Filtered_sift_is_found_at_every_selectivity()
    {
        using var index = new IndexUnderTest(Metric.L2, 128, codes: QuantizationKind.Sq8);
        index.AddAll(Bytes("siftsmall/base.u8", 128));
        index.WaitUntilLinked();
        byte[] attributes = File.ReadAllBytes(PathOf("siftsmall/attr.u8"));
        float[][] queries = Bytes("siftsmall/query.u8", 128);
        foreach (int below in (int[])[1, 10, 50])
        {
            var search = new FieldSearch { Allowed = IndexUnderTest.Set(index.Live.Where(slot => attributes[slot] < below), (uint)attributes.Length) };
            double recall = Recall(index, queries, Truth($"siftsmall/filtered.attr_lt_{below}.top10.ivecs"), search);
            Assert.True(recall >= 0.99, $"attribute below {below}: recall {recall}");
        }
    }

    private static void CheckSift(QuantizationKind codes)
    {
        using var index = new IndexUnderTest(Metric.L2, 128, codes: codes);
        index.AddAll(Bytes("siftsmall/base.u8", 128));
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        float[][] queries = Bytes("siftsmall/query.u8", 128);
        int[][] truth = Truth("siftsmall/groundtruth.ivecs");
        Assert.Equal(1, Recall(index, queries, truth, new FieldSearch { Exact = true }), 0.0005);
        double recall = Recall(index, queries, truth, new FieldSearch { Ef = 64 });
        Assert.True(recall >= 0.99, $"{codes}: recall {recall}");
    }

    private static void CheckWordNet(QuantizationKind codes)
    {
        using var index = new IndexUnderTest(Metric.Cosine, 256, codes: codes);
        index.AddAll(Halves("wordnet-lsa-sample/base.f16", 256));
        index.WaitUntilLinked();
        index.AssertGraphHolds();
        float[][] queries = Halves("wordnet-lsa-sample/query.f16", 256);
        double recall = Recall(index, queries, Truth("wordnet-lsa-sample/groundtruth.ivecs"), new FieldSearch { Ef = 64 });
        Assert.True(recall >= 0.98, $"{codes}: recall {recall}");
    }

    private static double Recall(IndexUnderTest index, float[][] queries, int[][] truth, FieldSearch search) => queries
        .Select((query, i) => (double)index.Search(query, K, search).Select(hit => (int)hit.Slot).Intersect(truth[i].Take(K)).Count() / K)
        .Average();

    private static string PathOf(string file) => Path.Combine(SharedDataFactAttribute.Folder!, file);

    private static float[][] Bytes(string file, int dimension) =>
        [.. File.ReadAllBytes(PathOf(file)).Select(x => (float)x).Chunk(dimension)];

    private static float[][] Halves(string file, int dimension) =>
        [.. MemoryMarshal.Cast<byte, Half>(File.ReadAllBytes(PathOf(file))).ToArray().Select(x => (float)x).Chunk(dimension)];

    private static int[][] Truth(string file)
    {
        int[] values = MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(PathOf(file))).ToArray();
        return [.. values.Chunk(values[0] + 1).Select(row => row[1..])];
    }
}
