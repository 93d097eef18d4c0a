using System.Globalization;
using Hypervex.Cli.Benchmarks;

namespace Hypervex.Cli.Tests.Benchmarks;

public sealed class RecallTests : IDisposable
{
    // Rows 0 and 1 are equal; so are the distances of rows 2 and 3 from the origin.
    private static readonly float[][] s_rows = [[1, 0], [1, 0], [0, 2], [2, 0], [5, 5]];

    private readonly Database _database = Database.CreateInMemory();
    private readonly Collection _collection;

    public RecallTests()
    {
        _collection = _database.CreateCollection("rows", CollectionOptions.Create(2, Metric.L2));
        for (int row = 0; row < s_rows.Length; row++)
        {
            _collection.Upsert(row.ToString(CultureInfo.InvariantCulture), s_rows[row]);
        }
    }

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData(new[] { 0, 1, 2 }, 3)]
    [InlineData(new[] { 0, 1, 3 }, 3)]
    [InlineData(new[] { 0, 1, 4 }, 2)]
    [InlineData(new[] { 4 }, 0)]
    [InlineData(new int[0], 0)]
    public void A_hit_counts_when_it_is_as_near_as_the_kth_true_neighbour(int[] found, int expected)
    {
        Recall recall = new(_collection, Metric.L2);

        Assert.Equal(expected, recall.CountFound([0, 0], found, [0, 1, 2, 3, 4], k: 3));
    }

    [Fact]
    public void A_hit_that_is_nearer_than_the_truth_allows_does_not_count() =>
        Assert.Equal(1, new Recall(_collection, Metric.L2).CountFound([0, 0], [0, 1, 4], [4, 3, 2], k: 1));

    [Fact]
    public void A_hit_leads_back_to_its_row()
    {
        Recall recall = new(_collection, Metric.L2);
        Hit[] hits = new Hit[1];

        Assert.Equal(1, _collection.Search([5, 4.5f], new SearchOptions(), hits));

        Assert.Equal(4, recall.RowOf(hits[0]));
    }

    [Theory]
    [InlineData(Metric.L2, 5)]
    [InlineData(Metric.Manhattan, 7)]
    [InlineData(Metric.Dot, 0)]
    [InlineData(Metric.Cosine, 1)]
    public void Reference_distances_are_those_of_the_definitions(Metric metric, double expected) =>
        Assert.Equal(expected, ReferenceDistance.Between(metric, [3, 0], [0, 4]), precision: 12);

    [Fact]
    public void Reference_distances_of_hyperbolic_space_are_geodesics()
    {
        Assert.Equal(2 * Math.Atanh(0.5), ReferenceDistance.Between(Metric.Poincare, [0, 0], [0, 0.5f]), precision: 12);
        Assert.Equal(2 * Math.Atanh(0.75), ReferenceDistance.Between(Metric.Lorentz, [1, 0, 0], [float.NaN, 24f / 7, 0]), 1e-7);
    }
}
