using Hypervex.Distances;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>A scan by several threads gives what one gives.</summary>
public sealed unsafe class ExactSearchTests
{
    private const int Seed = 103;
    private const int Dimension = 12;
    private const int Count = 5000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(200)]
    public void The_parts_together_find_what_the_whole_finds(int parts)
    {
        using var index = new IndexUnderTest(Metric.L2, Dimension, threads: 0);
        using var live = new SlotBits();
        RowScan<RowBlocks, SquaredDifference> scan = Fill(index, live);
        float[] query = new float[Dimension];
        foreach (FieldSearch search in (FieldSearch[])[
            default,
            new FieldSearch { Radius = 3 },
            new FieldSearch { Allowed = IndexUnderTest.Set(Enumerable.Range(0, 2500).Select(i => (uint)(2 * i)), Count) }])
        {
            SlotHit[] expected = index.Search(query, 50, search with { Exact = true });
            Assert.NotEmpty(expected);
            var hits = new SlotHit[50];
            fixed (float* pointer = query)
            {
                int count = ExactSearch.OnAllCores(scan, WordRange.Of(Count), pointer, search, parts, 0, hits, out FieldSearchReport report);
                Assert.Equal(expected, hits[..count]);
                Assert.Equal(index.Report(query, 50, search with { Exact = true }), report);
            }
        }
    }

    [Fact]
    public void A_cancelled_scan_by_several_threads_throws_what_one_would()
    {
        using var index = new IndexUnderTest(Metric.L2, Dimension, threads: 0);
        using var live = new SlotBits();
        RowScan<RowBlocks, SquaredDifference> scan = Fill(index, live);
        float[] query = new float[Dimension];
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            fixed (float* pointer = query)
            {
                var search = new FieldSearch { CancellationToken = new CancellationToken(canceled: true) };
                ExactSearch.OnAllCores(scan, WordRange.Of(Count), pointer, search, 2, 0, new SlotHit[5], out _);
            }
        });
    }

    private static RowScan<RowBlocks, SquaredDifference> Fill(IndexUnderTest index, SlotBits live)
    {
        float[][] vectors = Samples.Clustered(Count, Dimension, 1, 1, Seed);
        live.EnsureSlot(Count);
        for (uint slot = 0; slot < Count; slot++)
        {
            index.Rows.Write(slot, vectors[slot]);
            index.Index.Add(slot);
            live.Set(slot);
        }

        return new RowScan<RowBlocks, SquaredDifference>(index.Rows.Blocks, live, new Measure(Metric.L2));
    }
}
