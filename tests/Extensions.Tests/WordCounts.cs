using Microsoft.Extensions.AI;

namespace Hypervex.Extensions.Tests;

/// <summary>An embedding model for tests, the same on every machine: each word counts in one of the components, which its letters choose.</summary>
internal sealed class WordCounts : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int Dimension = 256;

    /// <summary>Texts of each call, in their order.</summary>
    public List<int> Calls { get; } = [];

    /// <summary>Embeddings that each call leaves out, as a model that is broken might.</summary>
    public int Missing { get; init; }

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        Embedding<float>[] made = [.. values.Select(text => new Embedding<float>(Of(text)))];
        Calls.Add(made.Length);
        return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(made.SkipLast(Missing)));
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private static float[] Of(string text)
    {
        float[] counts = new float[Dimension];
        foreach (string word in text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            counts[word.Aggregate(17, (hash, letter) => ((hash * 31) + letter) & 0xFFFFFF) % Dimension]++;
        }

        return counts;
    }
}
