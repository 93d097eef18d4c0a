using Hypervex.Server.Json;

namespace Hypervex.Server.Routes;

/// <summary>
/// Searches that choose among near records: what a body asks for, in the engine's words.
/// Thread safety: pure functions.
/// </summary>
internal static class ChosenSearch
{
    /// <summary>A search by examples, or for hits that differ.</summary>
    public static SearchHits Run(Collection collection, SearchJson search, SearchChoice choice, CancellationToken cancellationToken)
    {
        if (choice.Diversity is { } diversity)
        {
            return collection.SearchDiverse(Request(search, cancellationToken), diversity);
        }

        return collection.Recommend(new RecommendRequest
        {
            Positive = choice.Positive!,
            Negative = choice.Negative ?? [],
            Strategy = choice.Strategy ?? RecommendStrategy.AverageVector,
            K = search.TopK,
            Options = search.Options with { CancellationToken = cancellationToken },
        });
    }

    /// <summary>A grouped search.</summary>
    public static GroupedHits RunGroups(Collection collection, SearchJson search, CancellationToken cancellationToken) =>
        collection.SearchGroups(Request(search, cancellationToken), search.Choice!.GroupBy!, search.Choice.GroupSize ?? 1);

    private static SearchRequest Request(SearchJson search, CancellationToken cancellationToken) => new()
    {
        Query = search.Query,
        Id = search.Id,
        K = search.TopK,
        Options = search.Options with { CancellationToken = cancellationToken },
    };
}
