namespace Hypervex.Engine.Tests.Fields;

/// <summary>Fields with an index of texts, through a collection.</summary>
public sealed class TextFieldTests : IDisposable
{
    private const int Seed = 97;

    private static readonly string[] s_words = ["oak", "Oak", "oaks", "tree", "Tree!", "old", "été", "2020", "-", "pine/tree"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_index_of_texts_finds_what_reading_the_records_finds_and_reads_few()
    {
        var random = new Random(Seed);
        Filter[] asked = [.. ((string[])["oak", "OAK tree", "oa*", "t* old", "pine", "ÉTÉ 20*", "none"]).Select(words => Filter.Field("text").Match(words))];
        string[] expected;
        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
            for (int i = 0; i < 3_000; i++)
            {
                string id = $"r{random.Next(1_000)}";
                MetadataValue text = random.Next(10) switch
                {
                    0 => new[] { Text(), Text() },
                    1 => i,
                    _ => Text(),
                };
                if (i == 1_500)
                {
                    Assert.True(collection.CreateFieldIndex("text", FieldIndexType.Text));
                }

                collection.Upsert(new VectorRecord(id, [random.Next(3), 0]) { Metadata = new MetadataObject { ["text"] = text } });
            }

            collection.WaitForFieldIndexes();
            expected = Answers(collection);
            SearchExplanation explanation = collection.Search([0, 0], 3, new SearchOptions { Filter = asked[1], Explain = true }).Explanation!;
            long arrays = collection.List(new ListOptions { Limit = 10_000 }).Records.Count(record => record.Metadata!["text"].Kind != MetadataKind.String);
            Assert.InRange(explanation.RecordsRead, 1, arrays);
            Assert.Empty(explanation.Warnings);
            Assert.Equal(7, collection.GetStats().FieldIndexes[0].Values); // oak, oaks, tree, old, été, 2020, pine
            Assert.True(collection.DropFieldIndex("text"));
            Assert.Equal(expected, Answers(collection));
            Assert.True(collection.CreateFieldIndex("text", FieldIndexType.Text));
            collection.WaitForFieldIndexes();
            Assert.Equal(expected, Answers(collection));
            collection.Checkpoint();
        }

        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.GetCollection("docs");
            collection.WaitForFieldIndexes();
            Assert.Equal(expected, Answers(collection));
            Assert.True(collection.Verify().Ok);
        }

        string Text() => string.Join(' ', Enumerable.Range(0, random.Next(5)).Select(_ => s_words[random.Next(s_words.Length)]));

        string[] Answers(Collection collection) =>
            [.. asked.Select(filter => $"{filter}: {collection.CountWhere(filter)} {string.Join(',', collection.List(new ListOptions { Limit = 10_000, Filter = filter }).Records.Select(record => record.Id))}")];
    }
}
