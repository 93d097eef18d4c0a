namespace Hypervex.Engine.Tests.Collections;

/// <summary>Grouped, diverse and example searches, compared with plain loops over all records. Distances are small integers squared, so that floats hold them exactly.</summary>
public sealed class ExampleSearchTests
{
    private const int Seed = 2_024;

    private sealed record Row(string Id, float[] Vector, int Group, bool Odd);

    [Theory]
    [InlineData(IndexType.Flat, null, false)]
    [InlineData(IndexType.Flat, FieldIndexType.Integer, false)]
    [InlineData(IndexType.Flat, FieldIndexType.Keyword, false)]
    [InlineData(IndexType.Flat, FieldIndexType.Integer, true)]
    [InlineData(IndexType.Hnsw, FieldIndexType.Integer, true)]
    [InlineData(IndexType.Hnsw, null, true)]
    public void Groups_are_those_of_all_records_sorted(IndexType type, FieldIndexType? field, bool exact)
    {
        for (int seed = Seed; seed < Seed + 12; seed++)
        {
            var random = new Random(seed);
            using Database database = Open(type, field, random, out Collection collection, out List<Row> rows);
            Filter? filter = random.Next(2) == 0 ? null : Filter.Field("odd") == true;
            float[] query = [random.Next(64), random.Next(64)];
            int groups = random.Next(1, 14);
            int size = random.Next(1, 6);
            string[] expected =
            [
                .. rows.Where(row => row.Group >= 0 && (filter is null || row.Odd))
                    .GroupBy(row => row.Group)
                    .Select(group => (Value: group.Key, Rows: group.OrderBy(row => Squared(row.Vector, query)).ThenBy(row => row.Id, StringComparer.Ordinal).Take(size).ToArray()))
                    .OrderBy(group => Squared(group.Rows[0].Vector, query)).ThenBy(group => group.Rows[0].Id, StringComparer.Ordinal)
                    .Take(groups)
                    .Select(group => $"{group.Value}: {string.Join(' ', group.Rows.Select(row => exact ? row.Id : Squared(row.Vector, query).ToString(System.Globalization.CultureInfo.InvariantCulture)))}"),
            ];
            GroupedHits found = collection.SearchGroups(new SearchRequest { Query = query, K = groups, Options = new SearchOptions { Filter = filter, Exact = exact } }, "group", size);
            string[] actual =
            [
                .. found.Groups.Select(group => $"{group.Value}: {string.Join(' ', group.Hits.Select(hit => exact ? hit.Id : Squared(rows.Single(row => row.Id == hit.Id).Vector, query).ToString(System.Globalization.CultureInfo.InvariantCulture)))}"),
            ];
            if (!exact)
            {
                // Equal distances are told apart by id only in an exact search; what is compared are groups of different best distance, and all distances.
                expected = [.. expected.Select(text => text.Split(": ")[1]).Order(StringComparer.Ordinal)];
                actual = [.. actual.Select(text => text.Split(": ")[1]).Order(StringComparer.Ordinal)];
                Assert.Equal(expected.Length, actual.Length);
                Assert.Equal(expected.Select(text => text.Split(' ')[0]), actual.Select(text => text.Split(' ')[0]));
                continue;
            }

            Assert.True(expected.SequenceEqual(actual), $"seed {seed}:\n{string.Join('\n', expected)}\nfound\n{string.Join('\n', actual)}");
        }
    }

    [Theory]
    [InlineData(IndexType.Flat, null)]
    [InlineData(IndexType.Flat, FieldIndexType.Keyword)]
    [InlineData(IndexType.Hnsw, null)]
    [InlineData(IndexType.Hnsw, FieldIndexType.Keyword)]
    public void Groups_that_exist_come_back_though_one_of_them_is_nearest_with_thousands(IndexType type, FieldIndexType? field)
    {
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 2, Metric = Metric.L2, Index = new HnswOptions { Type = type } } },
            FieldIndexes = field is { } known ? new Dictionary<string, FieldIndexType> { ["g"] = known } : [],
        });
        collection.UpsertBatch([.. Enumerable.Range(0, 3_000).Select(i => new VectorRecord($"near{i}", [i % 50, i / 50]) { Metadata = new MetadataObject { ["g"] = "crowd" } })]);
        collection.UpsertBatch([.. Enumerable.Range(0, 20).Select(i => new VectorRecord($"far{i}", [5_000 + i, 0]) { Metadata = new MetadataObject { ["g"] = $"g{i % 10}" } })]);
        collection.UpsertBatch([.. Enumerable.Range(0, 300).Select(i => new VectorRecord($"null{i}", [100 + i, 0]) { Metadata = i % 2 == 0 ? null : MetadataObject.Parse("""{"g": null}""") })]);
        collection.WaitForFieldIndexes();
        IReadOnlyList<HitGroup> groups = collection.SearchGroups(new SearchRequest { Query = new float[] { 0, 0 }, K = 11 }, "g", 2).Groups;
        Assert.Equal(["crowd", .. Enumerable.Range(0, 10).Select(i => $"g{i}")], groups.Select(group => group.Value.AsString()));
        Assert.All(groups, group => Assert.Equal(2, group.Hits.Count));
        Assert.Equal(["far3", "far13"], groups[4].Hits.Select(hit => hit.Id));
        Assert.Equal(11, collection.SearchGroups(new SearchRequest { Query = new float[] { 0, 0 }, K = 50 }, "g", 2).Groups.Count);
    }

    [Fact]
    public void A_record_with_an_array_is_in_the_group_of_each_item_and_the_query_record_in_none()
    {
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        collection.Upsert("a", [0, 0], MetadataObject.Parse("""{"g": ["x", "y", "x"]}"""));
        collection.Upsert("b", [1, 0], MetadataObject.Parse("""{"g": 5}"""));
        collection.Upsert("c", [2, 0], MetadataObject.Parse("""{"g": [5.0, "y"]}"""));
        collection.Upsert("d", [3, 0], MetadataObject.Parse("""{"g": {"x": 1}}"""));
        GroupedHits all = collection.SearchGroups(new SearchRequest { Query = new float[] { 0, 0 } }, "g", 3);
        Assert.Equal(["\"x\": a", "\"y\": a c", "5: b c"], all.Groups.Select(group => $"{group.Value}: {string.Join(' ', group.Hits.Select(hit => hit.Id))}"));
        GroupedHits others = collection.SearchGroups(new SearchRequest { Id = "a" }, "g", 3);
        Assert.Equal(["5: b c", "\"y\": c"], others.Groups.Select(group => $"{group.Value}: {string.Join(' ', group.Hits.Select(hit => hit.Id))}"));
    }

    [Theory]
    [InlineData(IndexType.Flat, true)]
    [InlineData(IndexType.Flat, false)]
    [InlineData(IndexType.Hnsw, true)]
    public void The_best_score_is_that_of_a_loop_over_all(IndexType type, bool exact)
    {
        for (int seed = Seed; seed < Seed + 20; seed++)
        {
            var random = new Random(seed);
            using Database database = Open(type, null, random, out Collection collection, out List<Row> rows);
            Row[] positive = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => rows[random.Next(rows.Count)])];
            Row[] negative = [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => rows[random.Next(rows.Count)])];
            float[] free = [random.Next(64), random.Next(64)];
            Filter? filter = random.Next(2) == 0 ? null : Filter.Field("odd") == true;
            int k = random.Next(1, 200);
            (string Id, bool Liked, int Key)[] expected =
            [
                .. rows.Where(row => (filter is null || row.Odd) && !positive.Concat(negative).Any(example => example.Id == row.Id))
                    .Select(row =>
                    {
                        int like = positive.Select(example => example.Vector).Append(free).Min(vector => Squared(vector, row.Vector));
                        int dislike = negative.Length == 0 ? int.MaxValue : negative.Min(example => Squared(example.Vector, row.Vector));
                        return (row.Id, Liked: like < dislike, Key: like < dislike ? like : -dislike);
                    })
                    .OrderByDescending(row => row.Liked).ThenBy(row => row.Key).ThenBy(row => row.Id, StringComparer.Ordinal)
                    .Take(k),
            ];
            SearchHits hits = collection.Recommend(new RecommendRequest
            {
                Positive = [.. positive.Select(row => Example.Of(row.Id)), Example.Of(free)],
                Negative = [.. negative.Select(row => Example.Of(row.Id))],
                Strategy = RecommendStrategy.BestScore,
                K = k,
                Options = new SearchOptions { Filter = filter, Exact = exact },
            });
            Assert.True(expected.Select(row => row.Id).SequenceEqual(hits.Select(hit => hit.Id)), $"seed {seed}: {string.Join(' ', expected)} but {string.Join(' ', hits.Select(hit => hit.Id))}");
        }
    }

    [Theory]
    [InlineData(Metric.L2)]
    [InlineData(Metric.Cosine)]
    [InlineData(Metric.Dot)]
    public void The_average_vector_is_searched_for(Metric metric)
    {
        var random = new Random(Seed);
        using var database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(3, metric));
        float[][] vectors = [.. Enumerable.Range(0, 200).Select(_ => new float[] { 1 + random.Next(50), 1 + random.Next(50), random.Next(50) })];
        collection.UpsertBatch([.. vectors.Select((vector, i) => new VectorRecord($"r{i}", vector))]);
        float[] free = [3, 4, 5];
        double[] query = new double[3];
        Add(2.0 / 3, vectors[1], vectors[2], free);
        Add(-1.0, vectors[3]);
        SearchHits expected = collection.Search(Array.ConvertAll(query, x => (float)x), 20, new SearchOptions { Exact = true });
        SearchHits hits = collection.Recommend(new RecommendRequest { Positive = [Example.Of("r1"), Example.Of("r2"), Example.Of(free)], Negative = [Example.Of("r3")], K = 10, Options = new SearchOptions { Exact = true } });
        Assert.Equal(expected.Select(hit => hit.Id).Where(id => id is not ("r1" or "r2" or "r3")).Take(10), hits.Select(hit => hit.Id));
        Assert.Equal(197, collection.Recommend(new RecommendRequest { Positive = [Example.Of("r1"), Example.Of("r2")], Negative = [Example.Of("r3")], K = 1_000 }).Count);

        void Add(double weight, params float[][] examples)
        {
            foreach (float[] example in examples)
            {
                double length = metric == Metric.Cosine ? Math.Sqrt(example.Sum(x => (double)x * x)) : 1;
                for (int i = 0; i < query.Length; i++)
                {
                    query[i] += weight * example[i] / length;
                }
            }
        }
    }

    [Theory]
    [InlineData(Metric.L2)]
    [InlineData(Metric.Cosine)]
    public void Choices_are_those_of_the_formula(Metric metric)
    {
        for (int seed = Seed; seed < Seed + 10; seed++)
        {
            var random = new Random(seed);
            using var database = Database.CreateInMemory();
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, metric));
            float[][] vectors = [.. Enumerable.Range(0, 120).Select(_ => new float[] { 1 + (random.NextSingle() * 10), random.NextSingle() * 10 })];
            collection.UpsertBatch([.. vectors.Select((vector, i) => new VectorRecord($"{i}", vector))]);
            double lambda = random.NextDouble();
            float[] query = [1 + (random.NextSingle() * 10), random.NextSingle() * 10];
            int candidates = random.Next(20, 120);
            SearchHits hits = collection.SearchDiverse(new SearchRequest { Query = query, K = 15, Options = new SearchOptions { Exact = true } }, new DiversityOptions { Lambda = lambda, Candidates = candidates });
            Assert.Equal(15, hits.Select(hit => hit.Id).Distinct().Count());
            int[] near = [.. Enumerable.Range(0, vectors.Length).OrderByDescending(i => Similarity(metric, query, vectors[i])).Take(candidates)];
            var chosen = new List<int>();
            foreach (SearchHit hit in hits)
            {
                int i = int.Parse(hit.Id, System.Globalization.CultureInfo.InvariantCulture);
                Assert.Contains(i, near);
                double best = near.Where(other => !chosen.Contains(other)).Max(Value);
                Assert.True(Value(i) >= best - 1e-4, $"seed {seed}: the choice {i} is worth {Value(i)}, another one {best}");
                chosen.Add(i);
            }

            double Value(int i) => chosen.Count == 0
                ? Similarity(metric, query, vectors[i])
                : (lambda * Similarity(metric, query, vectors[i])) - ((1 - lambda) * chosen.Max(other => Similarity(metric, vectors[i], vectors[other])));
        }
    }

    [Fact]
    public void Nearness_alone_is_the_search_itself_and_the_query_record_is_left_out()
    {
        using Database database = Open(IndexType.Flat, null, new Random(Seed), out Collection collection, out _);
        var request = new SearchRequest { Id = "r5", K = 12, Options = new SearchOptions { Exact = true } };
        SearchHits diverse = collection.SearchDiverse(request, new DiversityOptions { Lambda = 1 });
        Assert.Equal(collection.SearchById("r5", 12, new SearchOptions { Exact = true }).Select(hit => hit.Distance), diverse.Select(hit => hit.Distance));
        Assert.DoesNotContain("r5", diverse.Select(hit => hit.Id));
    }

    [Fact]
    public void Questions_that_mean_nothing_are_refused()
    {
        using Database database = Open(IndexType.Flat, null, new Random(Seed), out Collection collection, out _);
        var request = new SearchRequest { Query = new float[] { 1, 1 }, K = 10 };
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => collection.SearchGroups(request, "g", 1_001)));
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => collection.SearchGroups(request, "g", 0)));
        Assert.Equal(ErrorCode.InvalidName, CodeOf(() => collection.SearchGroups(request, "$g")));
        Assert.Equal(ErrorCode.DimensionMismatch, CodeOf(() => collection.SearchGroups(request with { Query = new float[] { 1 } }, "g")));
        Assert.Equal(ErrorCode.InvalidArgument, CodeOf(() => collection.SearchGroups(request with { Options = new SearchOptions { Explain = true } }, "g")));
        Assert.Equal(ErrorCode.NotFound, CodeOf(() => collection.SearchGroups(new SearchRequest { Id = "none" }, "g")));
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => collection.SearchDiverse(request, new DiversityOptions { Candidates = 9 })));
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => collection.SearchDiverse(request, new DiversityOptions { Candidates = 1_001 })));
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => collection.SearchDiverse(request, new DiversityOptions { Lambda = 1.5 })));
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => collection.SearchDiverse(request, new DiversityOptions { Lambda = double.NaN })));
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => collection.SearchDiverse(request with { K = 1_001 }, new DiversityOptions())));
        Assert.Equal(ErrorCode.InvalidArgument, CodeOf(() => collection.Recommend(new RecommendRequest { Positive = [] })));
        Assert.Equal(ErrorCode.NotFound, CodeOf(() => collection.Recommend(new RecommendRequest { Positive = [Example.Of("none")] })));
        Assert.Equal(ErrorCode.DimensionMismatch, CodeOf(() => collection.Recommend(new RecommendRequest { Positive = [Example.Of("r1")], Negative = [Example.Of(new float[] { 1, 2, 3 })] })));
        Assert.Equal(ErrorCode.LimitOutOfRange, CodeOf(() => collection.Recommend(new RecommendRequest { Positive = [.. Enumerable.Repeat(Example.Of("r1"), 65)] })));
        Collection cosine = database.CreateCollection("cosine", CollectionOptions.Create(2, Metric.Cosine));
        cosine.Upsert("a", [1, 0]);
        Assert.Equal(ErrorCode.ZeroNorm, CodeOf(() => cosine.Recommend(new RecommendRequest { Positive = [Example.Of(new float[] { 1, 0 }), Example.Of(new float[] { -1, 0 })] })));
        Collection bits = database.CreateCollection("bits", CollectionOptions.Create(8, Metric.Hamming));
        bits.Upsert("a", [1]);
        bits.Upsert("b", [3]);
        Assert.Equal(ErrorCode.InvalidArgument, CodeOf(() => bits.Recommend(new RecommendRequest { Positive = [Example.Of("a")] })));
        Assert.Equal("b", Assert.Single(bits.Recommend(new RecommendRequest { Positive = [Example.Of("a")], Strategy = RecommendStrategy.BestScore })).Id);
        Collection empty = database.CreateCollection("empty", CollectionOptions.Create(null, Metric.L2));
        Assert.Empty(empty.Recommend(new RecommendRequest { Positive = [Example.Of(new float[] { 1, 0 })], Strategy = RecommendStrategy.BestScore }));
        Assert.Empty(empty.SearchGroups(request, "g").Groups);
        Assert.Empty(empty.SearchDiverse(request, new DiversityOptions()));
    }

    private static ErrorCode CodeOf(Action action) => Assert.Throws<HypervexException>(action).Code;

    private static int Squared(float[] left, float[] right) => (int)(((left[0] - right[0]) * (left[0] - right[0])) + ((left[1] - right[1]) * (left[1] - right[1])));

    private static double Similarity(Metric metric, float[] left, float[] right)
    {
        double dot = ((double)left[0] * right[0]) + ((double)left[1] * right[1]);
        double distance = Math.Sqrt(Math.Pow((double)left[0] - right[0], 2) + Math.Pow((double)left[1] - right[1], 2));
        return metric == Metric.Cosine ? dot / (Length(left) * Length(right)) : 1 / (1 + distance);
    }

    private static double Length(float[] vector) => Math.Sqrt(((double)vector[0] * vector[0]) + ((double)vector[1] * vector[1]));

    private static Database Open(IndexType type, FieldIndexType? field, Random random, out Collection collection, out List<Row> rows)
    {
        var database = Database.CreateInMemory();
        collection = database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 2, Metric = Metric.L2, Index = new HnswOptions { Type = type } } },
            FieldIndexes = field is { } known ? new Dictionary<string, FieldIndexType> { ["group"] = known } : [],
        });
        rows = [];
        for (int i = 0; i < 600; i++)
        {
            rows.Add(new Row($"r{i}", [random.Next(64), random.Next(64)], Math.Min(random.Next(-2, 40), random.Next(-2, 40)), i % 2 == 1));
        }

        collection.UpsertBatch([.. rows.Select(row => new VectorRecord(row.Id, row.Vector)
        {
            Metadata = row.Group < 0 ? new MetadataObject { ["odd"] = row.Odd } : new MetadataObject { ["odd"] = row.Odd, ["group"] = row.Group },
        })]);
        collection.WaitForFieldIndexes();
        return database;
    }
}
