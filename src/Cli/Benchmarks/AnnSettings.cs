namespace Hypervex.Cli.Benchmarks;

/// <summary>What <c>bench ann</c> measures.</summary>
internal sealed record AnnSettings
{
    /// <summary>The metric.</summary>
    public required Metric Metric { get; init; }

    /// <summary>Neighbours per query.</summary>
    public required int K { get; init; }

    /// <summary>Graph parameters.</summary>
    public required HnswOptions Index { get; init; }

    /// <summary>The codes that searches run on.</summary>
    public required QuantizationKind Quantization { get; init; }

    /// <summary>Beam widths, one result each.</summary>
    public required IReadOnlyList<int> Ef { get; init; }

    /// <summary>Threads that link rows into the graph.</summary>
    public required int BuildThreads { get; init; }

    /// <summary>Threads that search.</summary>
    public required int SearchThreads { get; init; }

    /// <summary>Least duration of each point.</summary>
    public required TimeSpan PointDuration { get; init; }
}
