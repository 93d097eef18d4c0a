using Hypervex.Wire;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Http;

/// <summary>
/// Says which searches took long, and how they were done. What they asked for is not told: queries and filters may be confidential.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed partial class SlowSearchLog(ILogger logger, int thresholdMs)
{
    /// <summary>The category of its lines.</summary>
    public const string Category = "Hypervex.SlowSearch";

    /// <summary>Whether searches have to say how they were done.</summary>
    public bool IsOn => thresholdMs > 0;

    /// <summary>Says of a search that took long, and nothing of others.</summary>
    /// <param name="collection">The collection that was searched.</param>
    /// <param name="topK">Results that were asked for.</param>
    /// <param name="explanation">How it was done.</param>
    /// <param name="requestId">The request.</param>
    public void Add(string collection, int topK, ExplanationMessage explanation, string requestId)
    {
        double ms = (explanation.FilterUs + explanation.SearchUs + explanation.ReadUs) / 1_000.0;
        if (ms >= thresholdMs)
        {
            LogSlow(
                collection, ms, topK, explanation.Plan, explanation.Ef, explanation.Distances, explanation.Matches, explanation.RecordsRead, explanation.FilterUs, explanation.SearchUs, explanation.ReadUs, requestId,
                string.Join(' ', explanation.Warnings));
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Slow search of {Collection}: {Milliseconds} ms, top_k {TopK}, plan {Plan}, ef {Ef}, distances {Distances}, matches {Matches}, records_read {RecordsRead}, filter_us {FilterUs}, search_us {SearchUs}, read_us {ReadUs}, request {RequestId}. {Warnings}")]
    private partial void LogSlow(
        string collection, double milliseconds, int topK, string plan, int ef, long distances, long? matches, long recordsRead, double filterUs, double searchUs, double readUs, string requestId, string warnings);
}
