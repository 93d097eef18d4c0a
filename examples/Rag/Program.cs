// Retrieval-augmented generation: a question finds its sources, and a prompt is made of them for a language model.
//
//   dotnet run --project examples/Rag -- ./rag-data
//
// The database is in this process. Over a server only one line changes: new HypervexClient(new Uri("http://127.0.0.1:8080")).Collection("handbook").
using System.Text.Json.Nodes;
using Hypervex;
using Hypervex.Client;
using Hypervex.Embedded;
using Hypervex.Examples.Rag;
using Hypervex.Extensions;

using Database database = Database.Open(args.Length > 0 ? args[0] : "rag-data");
IVectorCollection records = new EmbeddedCollection(database.GetOrCreateCollection("handbook"));

// A toy model; put the IEmbeddingGenerator of your provider in its place.
using var generator = new WordEmbedder();
var handbook = new TextCollection(records, generator);
await handbook.AddAsync(
[
    new TextRecord("Snapshots are backups: download them to another machine.") { Id = "backup", Metadata = new JsonObject { ["part"] = "operating" } },
    new TextRecord("An alias switches readers to a new collection at once.") { Id = "alias", Metadata = new JsonObject { ["part"] = "operating" } },
    new TextRecord("Filters restrict a search to records whose metadata match.") { Id = "filter", Metadata = new JsonObject { ["part"] = "searching" } },
    new TextRecord("Cosine is the metric for embeddings of text.") { Id = "metric", Metadata = new JsonObject { ["part"] = "searching" } },
]);

foreach (string question in new[] { "Where do backups go?", "Which metric is for text?" })
{
    IReadOnlyList<TextHit> sources = await handbook.SearchAsync(question, count: 2);
    Console.WriteLine(Prompt.Of(question, sources));
}

IReadOnlyList<TextHit> operating = await handbook.SearchAsync("search", count: 1, filter: new JsonObject { ["part"] = "operating" });
Console.WriteLine($"Among what is about operating: {operating[0].Metadata["part"]}");
