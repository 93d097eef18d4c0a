namespace Hypervex.Bench.Run;

/// <summary>Where benchmarks read and write; the script says where the repository is.</summary>
internal static class BenchPaths
{
    /// <summary>The repository.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("HYPERVEX_BENCH_ROOT") ?? Directory.GetCurrentDirectory();

    /// <summary>What is used again: data, ground truths, peers' indexes.</summary>
    public static string Cache => Path.Combine(Root, "artifacts", "bench-cache");

    /// <summary>Results, one JSON file for each set of data.</summary>
    public static string Results => Path.Combine(Root, "artifacts", "bench");

    /// <summary>The page that tables are written into.</summary>
    public static string Page => Path.Combine(Root, "docs", "benchmarks.md");

    /// <summary>Where plots go.</summary>
    public static string Plots => Path.Combine(Root, "docs", "benchmarks");

    /// <summary>The compiled hnswlib; null when it is not to be had.</summary>
    public static string? Hnswlib => Environment.GetEnvironmentVariable("HYPERVEX_BENCH_HNSWLIB");
}
