using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Client;
using Hypervex.Wire;
using Microsoft.Extensions.AI;

namespace Hypervex.Extensions;

/// <summary>
/// A collection of texts: texts go in and texts come out, and the vectors between are those of one embedding model. Written against <see cref="IVectorCollection"/>, it works over a server and over a
/// database in the process alike. All texts and questions of a collection need the same model: vectors of two models cannot be compared.
/// Thread safety: as that of the collection and the generator; those of this project and of the usual models may be shared by all.
/// </summary>
/// <param name="records">Where the texts are kept.</param>
/// <param name="generator">The embedding model; whoever has made it disposes it.</param>
/// <example>
/// <code>
/// var notes = new TextCollection(client.Collection("notes"), generator);
/// await notes.AddAsync([new TextRecord("The oak is a tree.") { Id = "oak" }]);
/// IReadOnlyList&lt;TextHit&gt; found = await notes.SearchAsync("Which trees are there?", count: 3);
/// </code>
/// </example>
public sealed class TextCollection(IVectorCollection records, IEmbeddingGenerator<string, Embedding<float>> generator)
{
    // What the usual models take in one request, and far below the 10,000 records of a batch.
    private const int BatchTexts = 100;

    private static readonly string[] _parts = ["document", "metadata"];

    /// <summary>The collection, for everything that is not about texts: reading, deleting, counting.</summary>
    public IVectorCollection Records => records;

    /// <summary>Embeds and writes texts, in place of those with their ids. They go in batches of 100, each of which is written wholly or not at all; when one fails, those before it are written.</summary>
    /// <returns>The ids, in the order of the texts.</returns>
    /// <exception cref="HypervexClientException">The collection has refused a batch, or could not be reached.</exception>
    /// <exception cref="InvalidOperationException">The generator has made another number of embeddings than there were texts.</exception>
    public async Task<IReadOnlyList<string>> AddAsync(IEnumerable<TextRecord> texts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var ids = new List<string>();
        foreach (TextRecord[] batch in texts.Chunk(BatchTexts))
        {
            float[][] vectors = await EmbedAsync([.. batch.Select(text => text.Text)], cancellationToken).ConfigureAwait(false);
            RecordMessage[] messages =
            [
                .. batch.Zip(vectors, (text, vector) => new RecordMessage { VectorId = text.Id, Vector = vector, Document = text.Text, Metadata = text.Metadata }),
            ];
            BatchAnswer written = await records.UpsertBatchAsync(messages, cancellationToken).ConfigureAwait(false);
            ids.AddRange(written.VectorIds.Select(id => id!)); // each is written, since the batch is not partial
        }

        return ids;
    }

    /// <summary>Finds the texts that are nearest to a question, the nearest first.</summary>
    /// <param name="question">The question, or any text.</param>
    /// <param name="count">Greatest number of texts, 1 to 10,000.</param>
    /// <param name="filter">Only texts whose metadata match (docs/filters.md); null = all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="HypervexClientException">The collection has refused the search, or could not be reached.</exception>
    /// <exception cref="InvalidOperationException">The generator has made no embedding of the question, or several.</exception>
    public async Task<IReadOnlyList<TextHit>> SearchAsync(string question, int count = 10, JsonObject? filter = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        float[][] vectors = await EmbedAsync([question], cancellationToken).ConfigureAwait(false);
        var search = new SearchMessage { QueryVector = vectors[0], TopK = count, Filter = filter, Include = _parts };
        SearchAnswer answer = await records.SearchAsync(search, cancellationToken).ConfigureAwait(false);
        return [.. answer.Results.Select(hit => new TextHit(hit.VectorId, hit.Document ?? "", hit.Metadata ?? [], hit.Score, hit.Distance))];
    }

    private async Task<float[][]> EmbedAsync(string[] texts, CancellationToken cancellationToken)
    {
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(texts, cancellationToken: cancellationToken).ConfigureAwait(false);
        return embeddings.Count == texts.Length
            ? [.. embeddings.Select(embedding => embedding.Vector.ToArray())]
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The embedding generator has made {embeddings.Count} embeddings of {texts.Length} texts; expected one of each."));
    }
}
