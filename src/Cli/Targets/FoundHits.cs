namespace Hypervex.Cli.Targets;

/// <summary>The results of a search and what is to be said about them.</summary>
/// <param name="Hits">The results, nearest first.</param>
/// <param name="LimitedBy">What kept the search from returning more, in the words of the REST answer; null when nothing did.</param>
/// <param name="Ef">Width of the beam that a target recall led to; null without one.</param>
/// <param name="Explanation">How they were found; null unless asked for.</param>
/// <param name="Groups">The groups of a grouped search, whose <paramref name="Hits"/> are none; else null.</param>
internal sealed record FoundHits(IReadOnlyList<SearchHit> Hits, string? LimitedBy, int? Ef, SearchExplanation? Explanation, IReadOnlyList<HitGroup>? Groups = null);
