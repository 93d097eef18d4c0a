namespace Hypervex.Engine.Tests.Fields;

/// <summary>Queries beside writers that move records and change them: what matches throughout is in every answer.</summary>
public sealed class QueryConcurrencyTests
{
    private const int Records = 300;

    private static readonly Filter _stays = Filter.Field("kind") == "stays";

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Pages_in_order_hold_every_record_once_whose_value_stays(bool indexed, bool all)
    {
        using Database database = Open(indexed, out Collection collection);
        var random = new Random(11);
        RunWhileWriting(collection, all, () =>
        {
            bool descending = random.Next(2) == 0;
            Filter? filter = random.Next(2) == 0 ? _stays : null;
            string field = ((string[])["number", "text"])[random.Next(2)];
            var options = new ListOptions { OrderBy = field, Descending = descending, Filter = filter, Limit = random.Next(50, 400), Include = Include.None };
            var ids = new List<string>();
            RecordPage page;
            do
            {
                page = collection.List(options);
                ids.AddRange(page.Records.Select(record => record.Id));
                options = options with { Cursor = page.NextCursor };
            }
            while (page.NextCursor is not null);

            IEnumerable<string> ordered = Enumerable.Range(0, Records).OrderBy(Number).ThenBy(Id, StringComparer.Ordinal).Select(Id);
            IEnumerable<string> expected = descending ? Enumerable.Range(0, Records).OrderByDescending(Number).ThenBy(Id, StringComparer.Ordinal).Select(Id) : ordered;
            Assert.Equal(expected, ids);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sample_of_all_holds_all(bool all)
    {
        using Database database = Open(indexed: true, out Collection collection);
        RunWhileWriting(collection, all, () =>
        {
            Assert.Equal(Records, collection.Sample(1_000, _stays, include: Include.None).Select(record => record.Id).Distinct().Count());
            Assert.Equal(Records, collection.Sample(1_000, include: Include.None).Select(record => record.Id).Distinct().Count());
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_record_that_matches_throughout_is_updated(bool indexed)
    {
        using Database database = Open(indexed, out Collection collection);
        int round = 0;
        RunWhileWriting(
            collection,
            all: false,
            () =>
            {
                round++;
                Assert.True(collection.UpdateWhere(_stays, new MetadataObject { ["round"] = round }) >= Records);
                Assert.Equal(Records, collection.CountWhere(Filter.Field("round") == round));
            },
            keepsRound: true);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Groups_and_examples_leave_out_nothing_that_is_there_throughout(bool indexed, bool all)
    {
        using Database database = Open(indexed, out Collection collection);
        var random = new Random(4);
        RunWhileWriting(collection, all, () =>
        {
            float[] query = [random.Next(Records), random.Next(1_000)];
            var options = new SearchOptions { Filter = _stays };
            GroupedHits groups = collection.SearchGroups(new SearchRequest { Query = query, K = 100, Options = options }, "number", 100);
            Assert.Equal(Enumerable.Range(0, Records).GroupBy(Number).ToDictionary(group => (long)group.Key, group => group.Count()), groups.Groups.ToDictionary(group => group.Value.AsInteger(), group => group.Hits.Count));
            Assert.Equal(Records, groups.Groups.SelectMany(group => group.Hits).Select(hit => hit.Id).Distinct().Count());
            Assert.Equal(5, collection.SearchGroups(new SearchRequest { Query = query, K = 5 }, "text").Groups.Count);

            SearchHits best = collection.Recommend(new RecommendRequest { Positive = [Example.Of("r001"), Example.Of(query)], Negative = [Example.Of("r002")], Strategy = RecommendStrategy.BestScore, K = 1_000, Options = options });
            Assert.Equal(Records - 2, best.Select(hit => hit.Id).Distinct().Count());
            SearchHits average = collection.Recommend(new RecommendRequest { Positive = [Example.Of("r001")], Negative = [Example.Of("r002")], K = 1_000, Options = options });
            Assert.Equal(Records - 2, average.Select(hit => hit.Id).Distinct().Count());
            Assert.Equal(Records - 1, collection.SearchDiverse(new SearchRequest { Id = "r001", K = 1_000 }, new DiversityOptions()).Select(hit => hit.Id).Distinct().Count());
        });
    }

    private static string Id(int i) => $"r{i:000}";

    // Several records share a value, so that ids decide between them.
    private static int Number(int i) => i * 7 % 40;

    private static Database Open(bool indexed, out Collection collection)
    {
        var database = Database.CreateInMemory();
        collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2) with
        {
            FieldIndexes = indexed
                ? new Dictionary<string, FieldIndexType> { ["kind"] = FieldIndexType.Keyword, ["number"] = FieldIndexType.Integer, ["text"] = FieldIndexType.Keyword }
                : [],
        });
        var random = new Random(1);
        collection.UpsertBatch([.. Enumerable.Range(0, Records).Select(i => Record(i, random))]);
        collection.WaitForFieldIndexes();
        return database;
    }

    private static VectorRecord Record(int i, Random random) => new(Id(i), [i, random.Next(1_000)])
    {
        Metadata = new MetadataObject { ["kind"] = "stays", ["number"] = Number(i), ["text"] = $"t{Number(i):00}", ["other"] = random.Next(1_000) },
    };

    private static void RunWhileWriting(Collection collection, bool all, Action check, bool keepsRound = false)
    {
        using var done = new CancellationTokenSource();
        var writer = Task.Run(() =>
        {
            var random = new Random(2);
            for (int turn = 0; !done.IsCancellationRequested; turn++)
            {
                int i = random.Next(Records);
                VectorRecord record = Record(i, random);
                if (keepsRound)
                {
                    // Merges, so that the update's own key stays; with another vector the record moves.
                    collection.Update(record.Id, new RecordUpdate { Metadata = new MetadataObject { ["other"] = random.Next(1_000) }, Vector = turn % 2 == 0 ? record.Vector : null });
                }
                else if (all)
                {
                    collection.UpsertBatch([.. Enumerable.Range(0, Records).Select(j => Record(j, random))]);
                }
                else if (turn % 2 == 0)
                {
                    collection.Upsert(record);
                }
                else
                {
                    collection.Update(record.Id, new RecordUpdate { Metadata = record.Metadata });
                }
            }
        });
        try
        {
            for (int i = 0; i < 60 && !writer.IsFaulted; i++)
            {
                check();
            }
        }
        finally
        {
            done.Cancel();
            writer.Wait();
        }
    }
}
