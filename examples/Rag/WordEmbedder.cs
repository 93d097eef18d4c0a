using Microsoft.Extensions.AI;

namespace Hypervex.Examples.Rag;

/// <summary>A toy embedding model: each word that says something counts in one of the components, which its letters choose. The same on every machine.</summary>
internal sealed class WordEmbedder : IEmbeddingGenerator<string, Embedding<float>>
{
    private const int Dimension = 256;

    private static readonly HashSet<string> _common = [.. "a an and are as by do does for in is it of on the to what where which who".Split(' ')];

    /// <inheritdoc/>
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(text => new Embedding<float>(Count(text)))));

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static float[] Count(string text)
    {
        float[] counts = new float[Dimension];
        counts[0] = 0.01f; // a text of common words alone has a direction too
        foreach (string word in text.ToLowerInvariant().Split([' ', '.', ',', ':', '?'], StringSplitOptions.RemoveEmptyEntries).Where(word => !_common.Contains(word)))
        {
            counts[word.Aggregate(17, (hash, letter) => ((hash * 31) + letter) % 1_000_003) % Dimension]++;
        }

        return counts;
    }
}
