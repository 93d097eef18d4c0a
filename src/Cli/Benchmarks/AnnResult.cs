namespace Hypervex.Cli.Benchmarks;

/// <summary>What building the index took.</summary>
/// <param name="Seconds">From the first insert until every row is linked into the graph.</param>
/// <param name="AcknowledgedSeconds">From the first insert until the last one was acknowledged.</param>
/// <param name="ProcessorSeconds">Processor time of the whole process meanwhile.</param>
/// <param name="Memory">Memory in RAM afterwards.</param>
internal sealed record AnnBuild(double Seconds, double AcknowledgedSeconds, double ProcessorSeconds, ResidentMemory Memory);

/// <summary>One point of the curve.</summary>
/// <param name="Ef">The beam's width.</param>
/// <param name="Recall">Recall@k over all queries, 0 to 1.</param>
/// <param name="QueriesPerSecond">All threads together, by the wall clock.</param>
/// <param name="P50Microseconds">Median duration of one search.</param>
/// <param name="P95Microseconds">95 % of the searches took no longer.</param>
/// <param name="P99Microseconds">99 % of the searches took no longer.</param>
/// <param name="Searches">Searches measured.</param>
internal sealed record AnnPoint(
    int Ef, double Recall, double QueriesPerSecond, double P50Microseconds, double P95Microseconds, double P99Microseconds, int Searches);
