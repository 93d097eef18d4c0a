using System.Collections;

namespace Hypervex;

/// <summary>The hits of one search, nearest first, and what the search did. Thread safety: immutable once handed out.</summary>
public sealed class SearchHits : IReadOnlyList<SearchHit>
{
    private readonly List<SearchHit> _hits;

    internal SearchHits(List<SearchHit> hits, SearchReport report, SearchExplanation? explanation)
    {
        _hits = hits;
        Report = report;
        Explanation = explanation;
    }

    /// <summary>What the search did.</summary>
    public SearchReport Report { get; }

    /// <summary>How the search was done; null unless <see cref="SearchOptions.Explain"/> asked for it.</summary>
    public SearchExplanation? Explanation { get; }

    /// <inheritdoc/>
    public int Count => _hits.Count;

    /// <inheritdoc/>
    public SearchHit this[int index] => _hits[index];

    /// <inheritdoc/>
    public IEnumerator<SearchHit> GetEnumerator() => _hits.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Takes out one record, and what is then more than k. Before the hits are handed out.</summary>
    internal void LeaveOut(string id, int k)
    {
        int self = _hits.FindIndex(hit => hit.Id == id);
        if (self >= 0 || _hits.Count > k)
        {
            _hits.RemoveAt(self >= 0 ? self : _hits.Count - 1);
        }
    }
}
