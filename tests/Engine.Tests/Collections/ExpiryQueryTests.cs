using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>Questions over many records, and what has expired: it is in no answer, also when its moment comes while the answer is made.</summary>
public sealed class ExpiryQueryTests
{
    private const int All = 200;
    private const int Expiring = 60;
    private const int K = 8;

    private static readonly Filter s_odd = Filter.Field("odd") == true;

    private readonly JumpingTime _time = new();

    /// <summary>Every question, with and without field indexes, graphs and filters.</summary>
    public static TheoryData<string, bool, IndexType, bool> Questions
    {
        get
        {
            var data = new TheoryData<string, bool, IndexType, bool>();
            foreach (string question in (string[])["order by number", "order by text downwards", "order by nothing", "scroll", "sample", "groups", "groups of one", "exact groups", "average", "best score", "diverse", "update"])
            {
                foreach (bool indexed in (bool[])[false, true])
                {
                    data.Add(question, indexed, IndexType.Flat, false);
                    data.Add(question, indexed, IndexType.Flat, true);
                }

                data.Add(question, true, IndexType.Hnsw, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public void Of_what_has_expired_no_answer_tells_and_it_takes_no_place(string question, bool indexed, IndexType type, bool filtered)
    {
        using Database database = Open(indexed, type, out Collection collection);
        string[] whole = Ask(collection, question, filtered);
        Assert.Equal(Expected(question, filtered, 0), whole);
        _time.AdvanceWithoutTimers(TimeSpan.FromHours(1));
        Assert.Equal(Expected(question, filtered, Expiring), Ask(collection, question, filtered));
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public void An_answer_during_which_records_expire_is_whole_as_of_one_moment(string question, bool indexed, IndexType type, bool filtered)
    {
        string[] before = Expected(question, filtered, 0);
        string[] after = Expected(question, filtered, Expiring);
        var seen = new HashSet<bool>();
        for (int reading = 1; ; reading = reading < 12 ? reading + 1 : reading * 5 / 4)
        {
            using Database database = Open(indexed, type, out Collection collection);
            _time.JumpAt(reading, TimeSpan.FromHours(1));
            string[] answer = Ask(collection, question, filtered);
            bool hasJumped = _time.HasJumped;
            _time.JumpAt(int.MaxValue, TimeSpan.Zero);
            bool isAfter = answer.SequenceEqual(after);
            Assert.True(isAfter || (reading > 1 && answer.SequenceEqual(before)), $"the clock jumped at reading {reading}: {string.Join(' ', answer)}");
            seen.Add(isAfter);
            if (!hasJumped)
            {
                Assert.False(isAfter);
                break;
            }
        }

        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public void A_record_that_has_expired_is_no_example()
    {
        using Database database = Open(indexed: true, IndexType.Flat, out Collection collection);
        foreach (Action<Collection> search in (Action<Collection>[])[
            c => c.Recommend(new RecommendRequest { Positive = [Example.Of("r0")] }),
            c => c.Recommend(new RecommendRequest { Positive = [Example.Of("r100")], Negative = [Example.Of("r0")] }),
            c => c.Recommend(new RecommendRequest { Positive = [Example.Of("r0")], Strategy = RecommendStrategy.BestScore }),
            c => c.Recommend(new RecommendRequest { Positive = [Example.Of("r100")], Negative = [Example.Of("r0")], Strategy = RecommendStrategy.BestScore }),
            c => c.SearchGroups(new SearchRequest { Id = "r0", K = 3 }, "group", 2),
            c => c.SearchDiverse(new SearchRequest { Id = "r0", K = 3 }, new DiversityOptions()),
        ])
        {
            _time.AdvanceWithoutTimers(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
            search(collection);
            _time.AdvanceWithoutTimers(TimeSpan.FromMilliseconds(1));
            Assert.Equal(ErrorCode.NotFound, Assert.Throws<HypervexException>(() => search(collection)).Code);
            _time.AdvanceWithoutTimers(TimeSpan.FromHours(-1));
        }
    }

    [Fact]
    public void A_scroll_goes_on_behind_a_record_that_has_expired_since_its_page()
    {
        using Database database = Open(indexed: true, IndexType.Flat, out Collection collection);
        var options = new ListOptions { OrderBy = "number", Limit = Expiring - 10, Include = Include.None };
        RecordPage first = collection.List(options);
        _time.AdvanceWithoutTimers(TimeSpan.FromHours(1));
        RecordPage second = collection.List(options with { Cursor = first.NextCursor, Limit = 3 });
        Assert.Equal(["r60", "r61", "r62"], second.Records.Select(record => record.Id));
    }

    [Fact]
    public void An_update_by_filter_leaves_the_times_at_which_records_expire()
    {
        using Database database = Open(indexed: true, IndexType.Flat, out Collection collection);
        DateTimeOffset? end = collection.Get("r1")!.ExpiresAt;
        Assert.NotNull(end);
        Assert.Equal(All / 2, collection.UpdateWhere(s_odd, new MetadataObject { ["seen"] = true }));
        Assert.Equal(end, collection.Get("r1")!.ExpiresAt);
        _time.AdvanceWithoutTimers(TimeSpan.FromHours(1));
        Assert.Null(collection.Get("r1"));
        Assert.Equal((All - Expiring) / 2, collection.CountWhere(Filter.Field("seen") == true));
    }

    [Fact]
    public void Large_batches_of_records_that_expire_hide_them_and_new_records_under_their_ids_are_found()
    {
        using Database database = Open(indexed: true, IndexType.Hnsw, out Collection collection);
        const int Batch = 700; // applied in several runs
        DateTimeOffset end = _time.GetUtcNow() + TimeSpan.FromMinutes(1);
        collection.UpsertBatch([.. Enumerable.Range(0, Batch).Select(i => new VectorRecord($"x{i}", [-1 - i, 0]) { ExpiresAt = i % 3 == 0 ? end : null })]);
        _time.AdvanceWithoutTimers(TimeSpan.FromMinutes(1));
        int left = Enumerable.Range(0, Batch).Count(i => i % 3 != 0);
        Assert.Equal(All + left, collection.Count);

        // Some ids are still in the table, so that the runs of new records end at them.
        collection.UpsertBatch([.. Enumerable.Range(0, Batch).Select(i => new VectorRecord(i % 30 == 0 ? $"x{i}" : $"y{i}", [-1 - i, 1]) { ExpiresAt = i % 2 == 0 ? end + TimeSpan.FromMinutes(1) : null })]);
        Assert.Equal(All + left + Batch, collection.Count);
        Assert.NotNull(collection.Get("x30"));
        Assert.Null(collection.Get("x3"));
        _time.AdvanceWithoutTimers(TimeSpan.FromMinutes(1));
        Assert.Equal(All + left + (Batch / 2), collection.Count);
        Assert.Null(collection.Get("x30"));
        Assert.NotNull(collection.Get("y31"));
        string[] nearest = [.. collection.Search([-32, 1], 3, new SearchOptions { Exact = true }).Select(hit => hit.Id)];
        Assert.Equal("y31", nearest[0]); // nearer than any, and beside it those that did not expire
        _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.True(SpinWait.SpinUntil(() => collection.Partition.Records.Count == All + left + (Batch / 2), TimeSpan.FromMinutes(2)));
        Assert.True(collection.Verify().Ok);
    }

    private static string[] Ask(Collection collection, string question, bool filtered)
    {
        Filter? filter = filtered ? s_odd : null;
        var options = new SearchOptions { Filter = filter, Ef = All };
        var nearZero = new SearchRequest { Query = new float[2], K = K, Options = options };
        return question switch
        {
            "order by number" => Ids(collection.List(new ListOptions { OrderBy = "number", Limit = K, Filter = filter }).Records),
            "order by text downwards" => Ids(collection.List(new ListOptions { OrderBy = "text", Descending = true, Limit = K, Filter = filter }).Records),
            "order by nothing" => Ids(collection.List(new ListOptions { OrderBy = "nothing", Limit = K, Filter = filter }).Records),
            "scroll" => Ids(collection.List(new ListOptions { OrderBy = "number", Limit = All, Filter = filter }).Records),
            "sample" => [.. Ids(collection.Sample(All, filter, seed: 7)).Order(StringComparer.Ordinal)],
            "groups" => Groups(collection.SearchGroups(nearZero, "group", 3)),
            "groups of one" => Groups(collection.SearchGroups(nearZero with { K = 30 }, "text", 1)),
            "exact groups" => Groups(collection.SearchGroups(nearZero with { Options = options with { Exact = true } }, "group", 3)),
            "average" => Ids(collection.Recommend(new RecommendRequest { Positive = [Example.Of([0, 0])], K = K, Options = options })),
            "best score" => Ids(collection.Recommend(new RecommendRequest { Positive = [Example.Of([0, 0])], K = K, Options = options, Strategy = RecommendStrategy.BestScore })),
            "diverse" => Ids(collection.SearchDiverse(nearZero, new DiversityOptions { Lambda = 1, Candidates = K })),
            _ => [$"{collection.UpdateWhere(filter ?? Filter.Parse("{}"), new MetadataObject { ["seen"] = (long)collection.LastSequence })}"], // another change each time
        };
    }

    private static string[] Expected(string question, bool filtered, int gone)
    {
        int[] left = [.. Enumerable.Range(gone, All - gone).Where(i => !filtered || i % 2 == 1)];
        return question switch
        {
            "scroll" => Names(left),
            "sample" => [.. Names(left).Order(StringComparer.Ordinal)],
            "order by nothing" => [.. Names(left).Order(StringComparer.Ordinal).Take(K)],
            "groups" or "exact groups" => [.. left.GroupBy(i => i / 4).Take(K).Select(group => string.Join(' ', Names([.. group.Take(3)])))],
            "groups of one" => Names([.. left.Take(30)]),
            "update" => [$"{left.Length}"],
            _ => Names([.. left.Take(K)]),
        };
    }

    private static string[] Names(int[] numbers) => [.. numbers.Select(i => $"r{i}")];

    private static string[] Ids(IEnumerable<VectorRecord> records) => [.. records.Select(record => record.Id)];

    private static string[] Ids(IEnumerable<SearchHit> hits) => [.. hits.Select(hit => hit.Id)];

    private static string[] Groups(GroupedHits found) => [.. found.Groups.Select(group => string.Join(' ', group.Hits.Select(hit => hit.Id)))];

    private Database Open(bool indexed, IndexType type, out Collection collection)
    {
        var database = Database.CreateInMemory(new DatabaseOptions { TimeProvider = _time, CompactionGarbageRatio = 1 });
        collection = database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 2, Metric = Metric.L2, Index = new HnswOptions { Type = type } } },
        });
        if (indexed)
        {
            collection.CreateFieldIndex("odd", FieldIndexType.Boolean);
            collection.CreateFieldIndex("number", FieldIndexType.Integer);
            collection.CreateFieldIndex("text", FieldIndexType.Keyword);
            collection.CreateFieldIndex("group", FieldIndexType.Integer);
        }

        DateTimeOffset end = _time.GetUtcNow() + TimeSpan.FromHours(1);
        collection.UpsertBatch([.. Enumerable.Range(0, All).Select(i => new VectorRecord($"r{i}", [i, 0])
        {
            Metadata = new MetadataObject { ["odd"] = i % 2 == 1, ["number"] = i, ["text"] = $"{2_000 - i}", ["group"] = i / 4 },
            ExpiresAt = i < Expiring ? end : null,
        })]);
        collection.WaitForIndex();
        collection.WaitForFieldIndexes();
        return database;
    }
}
