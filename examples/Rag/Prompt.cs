using System.Globalization;
using Hypervex.Extensions;

namespace Hypervex.Examples.Rag;

/// <summary>What a language model is told: the sources, then the question.</summary>
internal static class Prompt
{
    /// <summary>The prompt of a question and the texts that were found for it.</summary>
    public static string Of(string question, IEnumerable<TextHit> sources) =>
        string.Join('\n', [question, .. sources.Select(source => string.Create(CultureInfo.InvariantCulture, $"  [{source.Id} {source.Score:0.00}] {source.Text}"))]);
}
