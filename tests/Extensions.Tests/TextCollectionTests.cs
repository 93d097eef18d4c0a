using System.Text.Json.Nodes;
using Hypervex.Client;
using Hypervex.Embedded;
using Hypervex.Wire;

namespace Hypervex.Extensions.Tests;

/// <summary>Texts in, texts out, over a database in this process; the collection behind is held to its own contract elsewhere.</summary>
public sealed class TextCollectionTests : IDisposable
{
    private readonly Database _database = Database.CreateInMemory();
    private readonly WordCounts _model = new();

    public void Dispose()
    {
        _database.Dispose();
        _model.Dispose();
    }

    [Fact]
    public async Task A_question_finds_the_texts_that_share_its_words()
    {
        TextCollection notes = Open();
        IReadOnlyList<string> ids = await notes.AddAsync(
        [
            new TextRecord("the oak is a tree with acorns") { Id = "oak", Metadata = new JsonObject { ["kind"] = "plant" } },
            new TextRecord("a trout lives in cold rivers") { Id = "trout" },
            new TextRecord("the river flows south to the sea") { Metadata = new JsonObject { ["kind"] = "water" } },
        ]);
        Assert.Equal(("oak", "trout", 36), (ids[0], ids[1], ids[2].Length));

        IReadOnlyList<TextHit> found = await notes.SearchAsync("which tree has acorns", count: 2);

        Assert.Equal(2, found.Count);
        Assert.Equal(("oak", "the oak is a tree with acorns", "plant"), (found[0].Id, found[0].Text, (string?)found[0].Metadata["kind"]));
        Assert.True(found[0].Score > found[1].Score && found[0].Distance < found[1].Distance);
        TextHit water = Assert.Single(await notes.SearchAsync("tree", filter: new JsonObject { ["kind"] = "water" }));
        Assert.Equal(ids[2], water.Id);
        Assert.Empty((await notes.SearchAsync("trout rivers", count: 1))[0].Metadata);
    }

    [Fact]
    public async Task Many_texts_are_embedded_and_written_in_batches_and_one_with_a_known_id_replaces_the_old()
    {
        TextCollection notes = Open();
        IReadOnlyList<string> ids = await notes.AddAsync(Enumerable.Range(0, 250).Select(i => new TextRecord($"note number {i}") { Id = $"n{i}" }));
        Assert.Equal([100, 100, 50], _model.Calls);
        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"n{i}"), ids);
        Assert.Equal(250, await notes.Records.CountAsync());

        await notes.AddAsync([new TextRecord("something quite different") { Id = "n7" }]);

        Assert.Equal(250, await notes.Records.CountAsync());
        Assert.Equal("n7", (await notes.SearchAsync("quite different", count: 1))[0].Id);
        Assert.Empty(await notes.AddAsync([]));
    }

    [Fact]
    public async Task A_model_that_leaves_out_an_embedding_is_told_as_such_and_nothing_of_the_batch_is_written()
    {
        EmbeddedCollection records = Records();
        using var broken = new WordCounts { Missing = 1 };
        var notes = new TextCollection(records, broken);

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => notes.AddAsync([new TextRecord("a"), new TextRecord("b")]));
        await Assert.ThrowsAsync<InvalidOperationException>(() => notes.SearchAsync("a"));

        Assert.Contains("1 embeddings of 2 texts", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await records.CountAsync());
    }

    [Fact]
    public async Task What_the_collection_refuses_has_its_code_and_what_was_written_before_stays()
    {
        TextCollection notes = Open();
        IEnumerable<TextRecord> texts = Enumerable.Range(0, 150).Select(i => new TextRecord($"note {i}") { Id = i == 120 ? "" : $"n{i}" });

        HypervexClientException error = await Assert.ThrowsAsync<HypervexClientException>(() => notes.AddAsync(texts));
        HypervexClientException count = await Assert.ThrowsAsync<HypervexClientException>(() => notes.SearchAsync("note", count: 0));

        Assert.Equal((ErrorCodes.InvalidId, ErrorCodes.LimitOutOfRange), (error.Code, count.Code));
        Assert.Equal(100, await notes.Records.CountAsync());
    }

    private EmbeddedCollection Records() => new(_database.GetOrCreateCollection("notes"));

    private TextCollection Open() => new(Records(), _model);
}
