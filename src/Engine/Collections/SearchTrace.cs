using System.Diagnostics;
using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>Writes down what a search does, for its <see cref="SearchExplanation"/>. Thread safety: one search.</summary>
internal sealed class SearchTrace
{
    private long? _estimate;
    private long? _matches;
    private long _recordsRead;
    private FieldSearchReport _report;
    private double _filterMicroseconds;
    private double _searchMicroseconds;
    private double _readMicroseconds;

    /// <summary>Sentences about fields without an index.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The matching records have been found.</summary>
    public void Filtered(MatchingSlots? slots, long since)
    {
        _filterMicroseconds = Since(since);
        _estimate = slots?.Estimate;
        _matches = slots?.Count;
        _recordsRead = slots?.RecordsRead ?? 0;
    }

    /// <summary>The nearest of them have been found.</summary>
    public void Searched(in FieldSearchReport report, long since)
    {
        _searchMicroseconds = Since(since);
        _report = report;
    }

    /// <summary>Their records have been read.</summary>
    public void HaveRead(long since) => _readMicroseconds = Since(since);

    public SearchExplanation Explain() => new()
    {
        Plan = _report.Ef == 0 ? SearchPlan.Scan : _matches is null ? SearchPlan.Graph : SearchPlan.FilteredGraph,
        EstimatedMatches = _estimate,
        Matches = _matches,
        RecordsRead = _recordsRead,
        Distances = _report.Distances,
        Ef = _report.Ef,
        FilterMicroseconds = _filterMicroseconds,
        SearchMicroseconds = _searchMicroseconds,
        ReadMicroseconds = _readMicroseconds,
        Warnings = Warnings,
    };

    private static double Since(long started) => Math.Round(Stopwatch.GetElapsedTime(started).TotalMicroseconds, 1);
}
