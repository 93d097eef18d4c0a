namespace Hypervex.Cli.DataFiles;

/// <summary>The shapes of generated data; docs/formats/vector-files.md says how each is made.</summary>
internal enum VectorDistribution
{
    /// <summary>4,096 centres of N(0, I); a row is a centre + 0.5 N(0, I).</summary>
    Clustered = 0,

    /// <summary>1,024 clusters of intrinsic dimension 32 in a space whose axes have log-normal scales (sigma 1).</summary>
    Spiky,

    /// <summary>N(0, I): a worst case for any graph.</summary>
    Gaussian,

    /// <summary>Uniform in the cube [-1, 1)^d.</summary>
    Uniform,

    /// <summary>Uniform in the cube [-1, 1)^d, scaled to norm 0.99 where it is above.</summary>
    Poincare,

    /// <summary>In the Poincare ball, uniform in direction and in hyperbolic distance from the origin, up to norm 0.99.</summary>
    Hyperbolic,
}

/// <summary>How queries are made.</summary>
internal enum QueryKind
{
    /// <summary>Drawn like the rows, and never one of them.</summary>
    Fresh = 0,

    /// <summary>A row + 0.1 N(0, I).</summary>
    NearRow,
}

/// <summary>What to generate.</summary>
internal sealed record GeneratorOptions
{
    /// <summary>The shape of the data.</summary>
    public required VectorDistribution Distribution { get; init; }

    /// <summary>Number of rows, at least 1.</summary>
    public required long Count { get; init; }

    /// <summary>Components per row, 1 to 65,536.</summary>
    public required int Dimension { get; init; }

    /// <summary>The same seed gives the same data.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether rows and queries are scaled to norm 1.</summary>
    public bool Normalize { get; init; }

    /// <summary>How queries are made; null = near rows for <see cref="VectorDistribution.Gaussian"/>, else fresh.</summary>
    public QueryKind? Queries { get; init; }
}
