namespace Hypervex.Engine.Tests.Collections;

/// <summary>The options of a search at the engine's door.</summary>
public sealed class SearchOptionTests : IDisposable
{
    private const int Dimension = 8;
    private const int Count = 2000;

    private readonly Database _database = Database.CreateInMemory();
    private readonly Collection _collection;

    public SearchOptionTests()
    {
        var random = new Random(5);
        _collection = _database.CreateCollection("docs", CollectionOptions.Create(Dimension, Metric.L2));
        _collection.UpsertBatch([.. Enumerable.Range(0, Count).Select(i => new VectorRecord($"r{i}", [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())]))]);
        _collection.WaitForIndex();
    }

    public static TheoryData<string, SearchOptions> BadOptions => new()
    {
        { "ef", new SearchOptions { Ef = -1 } },
        { "ef", new SearchOptions { Ef = Limits.MaxEf + 1 } },
        { "max_distances", new SearchOptions { MaxDistances = -1 } },
        { "oversampling", new SearchOptions { Oversampling = 0.5f } },
        { "oversampling", new SearchOptions { Oversampling = 101 } },
        { "oversampling", new SearchOptions { Oversampling = float.NaN } },
        { "radius", new SearchOptions { Radius = -1 } },
        { "radius", new SearchOptions { Radius = float.NaN } },
        { "radius", new SearchOptions { Radius = float.PositiveInfinity } },
        { "min_score", new SearchOptions { MinScore = float.NaN } },
        { "target_recall", new SearchOptions { TargetRecall = 1 } },
        { "target_recall", new SearchOptions { TargetRecall = 0.4f } },
        { "target_recall", new SearchOptions { TargetRecall = float.NaN } },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void An_option_out_of_range_is_refused_by_name(string name, SearchOptions options)
    {
        var error = Assert.Throws<HypervexException>(() => _collection.Search(new float[Dimension], 10, options));
        Assert.Equal(ErrorCode.LimitOutOfRange, error.Code);
        Assert.StartsWith($"{name} is ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_beam_and_a_target_recall_exclude_each_other()
    {
        var error = Assert.Throws<HypervexException>(() => _collection.Search(new float[Dimension], 10, new SearchOptions { Ef = 10, TargetRecall = 0.9f }));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
    }

    [Fact]
    public void A_radius_brings_all_records_within_and_says_when_there_may_be_more()
    {
        float[] query = _collection.Get("r7")!.Vector!;
        SearchHits all = _collection.Search(query, Count, new SearchOptions { Exact = true });
        float radius = all[40].Distance;
        SearchHits within = _collection.Search(query, Limits.MaxK, new SearchOptions { Exact = true, Radius = radius });
        Assert.Equal(all.Take(41).Select(hit => hit.Id), within.Select(hit => hit.Id));
        Assert.Equal(SearchLimit.None, within.Report.LimitedBy);
        SearchHits some = _collection.Search(query, 20, new SearchOptions { Radius = radius });
        Assert.Equal(20, some.Count);
        Assert.Equal(SearchLimit.K, some.Report.LimitedBy);
        Assert.Equal(SearchLimit.None, _collection.Search(query, Count, new SearchOptions { Radius = 100 }).Report.LimitedBy);
    }

    [Fact]
    public void A_limit_on_work_is_reported()
    {
        SearchReport report = _collection.Search(new float[Dimension], 10, new SearchOptions { MaxDistances = 100 }).Report;
        Assert.Equal(SearchLimit.MaxDistances, report.LimitedBy);
        Assert.InRange(report.Distances, 100, 100 + 64);
        Assert.Equal(new SearchReport(SearchLimit.None, Count, 0), _collection.Search(new float[Dimension], 10, new SearchOptions { Exact = true }).Report);
    }

    [Fact]
    public void A_search_by_id_takes_every_k_and_leaves_the_record_out()
    {
        SearchHits hits = _collection.SearchById("r3", Limits.MaxK);
        Assert.Equal(Count - 1, hits.Count);
        Assert.DoesNotContain(hits, hit => hit.Id == "r3");
        Assert.Equal(ErrorCode.NotFound, Assert.Throws<HypervexException>(() => _collection.SearchById("none")).Code);
        Assert.Equal(ErrorCode.LimitOutOfRange, Assert.Throws<HypervexException>(() => _collection.SearchById("r3", 0)).Code);
        Assert.Equal(ErrorCode.LimitOutOfRange, Assert.Throws<HypervexException>(() => _collection.SearchById("r3", Limits.MaxK + 1)).Code);
    }

    [Fact]
    public void A_calibrated_field_shows_its_curve_in_the_stats()
    {
        Assert.Empty(_collection.GetStats().Fields[0].RecallProfiles);
        RecallProfile curve = Assert.IsType<RecallProfile>(_collection.Calibrate(k: 5));
        Assert.Equal(10, curve.K);
        Assert.Equal(curve, Assert.Single(_collection.GetStats().Fields[0].RecallProfiles));
        Assert.All(curve.Points.Zip(curve.Points.Skip(1)), pair => Assert.True(pair.First.Ef < pair.Second.Ef && pair.First.Floor <= pair.Second.Floor));
        Assert.Null(_database.CreateCollection("empty").Calibrate());
    }

    public void Dispose() => _database.Dispose();
}
