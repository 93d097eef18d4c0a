namespace Hypervex.Cli.Benchmarks;

/// <summary>How far a rate at a recall can be trusted.</summary>
internal enum CurveReach
{
    /// <summary>Measured there, or between two measured points.</summary>
    Within = 0,

    /// <summary>Even the narrowest beam has more recall than asked for: a lower bound.</summary>
    AtLeast,

    /// <summary>No measured point has so much recall.</summary>
    NotReached,
}

/// <summary>
/// Queries per second against recall. Of the measured points those count that no other point beats in both; between two
/// neighbours the rate runs in a straight line.
/// </summary>
internal sealed class RecallCurve
{
    private readonly List<(double Recall, double Rate)> _front = [];

    /// <summary>Creates the curve of measured points, in any order.</summary>
    public RecallCurve(IEnumerable<(double Recall, double Rate)> points)
    {
        // From the greatest recall down: a point counts when it is faster than all that have at least its recall.
        foreach ((double recall, double rate) in points.OrderByDescending(point => point.Recall).ThenByDescending(point => point.Rate))
        {
            if (_front.Count == 0 || rate > _front[^1].Rate)
            {
                _front.Add((recall, rate));
            }
        }

        _front.Reverse();
    }

    /// <summary>The rate at a recall.</summary>
    /// <param name="recall">0 to 1.</param>
    /// <returns>Queries per second, 0 when the recall is not reached.</returns>
    public (double Rate, CurveReach Reach) At(double recall)
    {
        int above = _front.FindIndex(point => point.Recall >= recall);
        if (above < 0)
        {
            return (0, CurveReach.NotReached);
        }

        (double recall, double rate) high = _front[above];
        if (high.recall == recall)
        {
            return (high.rate, CurveReach.Within);
        }

        if (above == 0)
        {
            return (high.rate, CurveReach.AtLeast);
        }

        (double recall, double rate) low = _front[above - 1];
        double share = (recall - low.recall) / (high.recall - low.recall);
        return (low.rate + (share * (high.rate - low.rate)), CurveReach.Within);
    }
}
