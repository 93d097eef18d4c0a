using Hypervex.Cli.Benchmarks;

namespace Hypervex.Cli.Demonstration;

/// <summary>How long the import took, each from its first record.</summary>
/// <param name="Records">Records imported.</param>
/// <param name="Acknowledged">Until the last write was acknowledged with durability <c>os</c>: survives a process kill.</param>
/// <param name="Durable">Until everything was synced to disk: survives a power loss.</param>
/// <param name="Searchable">Until every record was linked into the graph, after the sync; before, they are found by scanning.</param>
internal sealed record DemoImport(int Records, TimeSpan Acknowledged, TimeSpan Durable, TimeSpan Searchable);

/// <summary>One search that the demo shows.</summary>
/// <param name="Sentence">The sentence.</param>
/// <param name="Filter">The condition; null without one.</param>
/// <param name="Hits">The nearest entries.</param>
internal sealed record DemoSearch(string Sentence, Filter? Filter, IReadOnlyList<SearchHit> Hits);

/// <summary>One file of the data directory.</summary>
/// <param name="Path">Relative to the data directory.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record DemoFile(string Path, long Bytes);

/// <summary>Recall@10 and latency over all bundled queries, one search thread.</summary>
/// <param name="Queries">Queries measured.</param>
/// <param name="Ef">Beam width of the headline figures and of the searches shown.</param>
/// <param name="Curve">One point per beam width; recall against exact search.</param>
/// <param name="BundledRecall">Recall at <paramref name="Ef"/> against the bundled true neighbours, which another program computed.</param>
/// <param name="ExactAgainstBundled">Recall of the engine's exact search against the bundled true neighbours.</param>
internal sealed record DemoQuality(int Queries, int Ef, IReadOnlyList<AnnPoint> Curve, double BundledRecall, double ExactAgainstBundled)
{
    /// <summary>The point at <see cref="Ef"/>.</summary>
    public AnnPoint Headline => Curve.First(point => point.Ef == Ef);
}

/// <summary>Everything that the demo found out.</summary>
internal sealed record DemoFigures
{
    /// <summary>The data directory, as the user would type it.</summary>
    public required string DataPath { get; init; }

    /// <summary>Settings and sizes of the collection.</summary>
    public required Targets.CollectionSummary Collection { get; init; }

    /// <summary>The import.</summary>
    public required DemoImport Import { get; init; }

    /// <summary>The searches.</summary>
    public required IReadOnlyList<DemoSearch> Searches { get; init; }

    /// <summary>Recall and latency.</summary>
    public required DemoQuality Quality { get; init; }

    /// <summary>Files of the data directory.</summary>
    public required IReadOnlyList<DemoFile> Files { get; init; }
}
