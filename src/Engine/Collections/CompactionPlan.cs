using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Chooses which segments are compacted (docs/decisions/compaction.md). Pure functions of the segments' counts. Thread safety: none needed.
/// </summary>
internal static class CompactionPlan
{
    /// <summary>All segments, in parts whose outputs are about as long as a segment; nothing is left out.</summary>
    /// <param name="segments">Contiguous segments in order.</param>
    /// <param name="outputBytes">How long an output should be at most.</param>
    public static List<LogSegment[]> Everything(ReadOnlySpan<LogSegment> segments, long outputBytes)
    {
        var parts = new List<LogSegment[]>();
        int start = 0;
        long live = 0;
        for (int i = 0; i < segments.Length; i++)
        {
            long next = Math.Max(0, segments[i].End - segments[i].DeadBytes - segments[i].DeleteBytes);
            if (i > start && live + next > outputBytes)
            {
                parts.Add(segments[start..i].ToArray());
                start = i;
                live = 0;
            }

            live += next;
        }

        if (start < segments.Length)
        {
            parts.Add(segments[start..].ToArray());
        }

        return parts;
    }

    /// <summary>
    /// The contiguous segments that have the most garbage beyond a ratio: empty when nowhere so much of the bytes is garbage, or too little to be worth it.
    /// </summary>
    /// <param name="segments">Contiguous segments in order, from the log's beginning.</param>
    /// <param name="ratio">Garbage in proportion to all bytes.</param>
    /// <param name="deletesGo">Whether a compaction from the log's beginning drops deletes.</param>
    /// <param name="leastGarbage">Less garbage than this is not worth a compaction.</param>
    public static ReadOnlySpan<LogSegment> Worthwhile(ReadOnlySpan<LogSegment> segments, double ratio, bool deletesGo, long leastGarbage)
    {
        double best = -1;
        Range range = default;

        // Kadane's algorithm: the run with the greatest sum.
        double sum = 0;
        long garbage = 0;
        int start = 0;
        for (int i = 0; i < segments.Length; i++)
        {
            if (sum < 0)
            {
                (sum, garbage, start) = (0, 0, i);
            }

            sum += segments[i].DeadBytes - (ratio * segments[i].End);
            garbage += segments[i].DeadBytes;
            if (sum > best && garbage >= leastGarbage)
            {
                (best, range) = (sum, start..(i + 1));
            }
        }

        (sum, garbage) = (0, 0);
        for (int i = 0; i < segments.Length && deletesGo; i++)
        {
            long gone = segments[i].DeadBytes + segments[i].DeleteBytes;
            sum += gone - (ratio * segments[i].End);
            garbage += gone;
            if (sum > best && garbage >= leastGarbage)
            {
                (best, range) = (sum, ..(i + 1));
            }
        }

        return best < 0 ? [] : segments[range];
    }
}
