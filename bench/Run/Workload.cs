using Hypervex.Cli.DataFiles;

namespace Hypervex.Bench.Run;

/// <summary>A recall at which peers are compared, and the ratio to hnswlib that we set ourselves; null without one.</summary>
internal readonly record struct Target(double Recall, double? Bar);

/// <summary>One set of data that all peers index, and what is looked at. A workload of BENCHMARKS.md is one or several of these.</summary>
internal sealed record Workload
{
    /// <summary>The workload, for example A1.</summary>
    public required string Id { get; init; }

    /// <summary>The set, a file name.</summary>
    public required string Set { get; init; }

    /// <summary>Files beside the repository; null when the data are generated.</summary>
    public FileSet? Files { get; init; }

    /// <summary>How the data are generated; null when they come from files.</summary>
    public GeneratorOptions? Generator { get; init; }

    /// <summary>The metric.</summary>
    public required Metric Metric { get; init; }

    /// <summary>Links per node.</summary>
    public int M { get; init; } = 16;

    /// <summary>Beam widths.</summary>
    public IReadOnlyList<int> Ef { get; init; } = [10, 16, 24, 32, 48, 64, 96, 128, 192];

    /// <summary>The codes that are measured.</summary>
    public IReadOnlyList<QuantizationKind> Codes { get; init; } = [QuantizationKind.None, QuantizationKind.Sq8, QuantizationKind.Sq4];

    /// <summary>Whether durable inserts and a checkpoint are measured too.</summary>
    public bool Inserts { get; init; }

    /// <summary>Where peers are compared.</summary>
    public required IReadOnlyList<Target> Targets { get; init; }

    /// <summary>Neighbours per query.</summary>
    public const int K = 10;

    /// <summary>Beam width while building.</summary>
    public const int EfConstruction = 200;

    /// <summary>All of them, in the order of BENCHMARKS.md.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new()
        {
            Id = "A1",
            Set = "fashion-mnist",
            Metric = Metric.L2,
            Files = new(784, "fashion-mnist/train-images-idx3-ubyte.gz", "fashion-mnist/t10k-images-idx3-ubyte.gz", "fashion-mnist/groundtruth.first1000.ivecs"),
            Targets = [new(0.985, 4.5), new(0.995, 5)],
        },
        new()
        {
            Id = "A2",
            Set = "wordnet-lsa",
            Metric = Metric.Cosine,
            Files = new(256, "wordnet-lsa-sample/base.f16", "wordnet-lsa-sample/query.f16", "wordnet-lsa-sample/groundtruth.ivecs"),
            Targets = [new(0.93, 3), new(0.95, 2.8)],
        },
        new()
        {
            Id = "A3",
            Set = "siftsmall",
            Metric = Metric.L2,
            Files = new(128, "siftsmall/base.u8", "siftsmall/query.u8", "siftsmall/groundtruth.ivecs"),
            Targets = [new(0.99, null), new(1, null)],
        },
        new()
        {
            Id = "A3",
            Set = "sift20k",
            Metric = Metric.L2,
            Files = new(128, "siftsmall/base.u8", "siftsmall/query.u8", "sift20k/groundtruth.ivecs") { MoreRows = "sift20k/base_10000_19999.u8" },
            Targets = [new(0.99, 3.2), new(1, null)],
        },
        new()
        {
            Id = "A3",
            Set = "clustered-200k",
            Metric = Metric.L2,
            Generator = new() { Distribution = VectorDistribution.Clustered, Count = 200_000, Dimension = 128 },
            Targets = [new(0.99, 3.2)],
        },
        new()
        {
            Id = "A4",
            Set = "clustered-1m",
            Metric = Metric.L2,
            M = 32,
            Codes = [QuantizationKind.Auto],
            Generator = new() { Distribution = VectorDistribution.Clustered, Count = 1_000_000, Dimension = 128 },
            Targets = [new(0.98, null)],
        },
        new()
        {
            Id = "A5",
            Set = "gaussian-1m",
            Metric = Metric.Cosine,
            M = 32,
            Codes = [QuantizationKind.Auto],
            Ef = [64, 128, 256, 512, 1024, 2048],
            Generator = new() { Distribution = VectorDistribution.Gaussian, Count = 1_000_000, Dimension = 128, Normalize = true },
            Targets = [new(0.95, null)],
        },
        new()
        {
            Id = "A6",
            Set = "spiky-100k",
            Metric = Metric.Cosine,
            Generator = new() { Distribution = VectorDistribution.Spiky, Count = 100_000, Dimension = 1536 },
            Targets = [new(0.95, 3)],
        },
        new()
        {
            Id = "H1",
            Set = "poincare-1m-8",
            Metric = Metric.Poincare,
            Codes = [QuantizationKind.None],
            Generator = new() { Distribution = VectorDistribution.Poincare, Count = 1_000_000, Dimension = 8 },
            Targets = [new(0.95, 3)],
            Inserts = true,
        },
        new()
        {
            Id = "H2",
            Set = "hyperbolic-1m-64",
            Metric = Metric.Poincare,
            Codes = [QuantizationKind.None],
            Generator = new() { Distribution = VectorDistribution.Hyperbolic, Count = 1_000_000, Dimension = 64 },
            Targets = [new(0.95, 3)],
            Inserts = true,
        },
    ];

    /// <summary>The same on little data; sets from files stay as they are.</summary>
    public Workload Quick()
    {
        const int QuickRows = 5_000;
        return this with
        {
            Set = Set + "-quick",
            Generator = Generator is { } full ? full with { Count = Math.Min(full.Count, QuickRows) } : null,
            Files = Files is { } files ? files with { MostRows = QuickRows } : null,
            Ef = [10, 32, 96],
            Codes = [QuantizationKind.Auto],
        };
    }
}

/// <summary>Files in ../shared/data.</summary>
/// <param name="Dimension">Components of a row.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Queries">The queries.</param>
/// <param name="Truth">Their true neighbours.</param>
internal sealed record FileSet(int Dimension, string Rows, string Queries, string Truth)
{
    /// <summary>Rows that follow those of the first file.</summary>
    public string? MoreRows { get; init; }

    /// <summary>Only so many rows count; then the truth is computed.</summary>
    public int? MostRows { get; init; }
}
