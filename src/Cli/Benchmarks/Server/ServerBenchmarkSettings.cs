namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>What <c>bench server</c> measures.</summary>
internal sealed record ServerBenchmarkSettings
{
    /// <summary>Scheme, host and port, of REST or of gRPC as the transport has it.</summary>
    public required Uri Target { get; init; }

    /// <summary>How it is spoken to.</summary>
    public LoadTransport Transport { get; init; }

    /// <summary>A key; null = none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The collection that is created, filled and dropped.</summary>
    public required string Collection { get; init; }

    /// <summary>What is asked, one after the other.</summary>
    public IReadOnlyList<LoadOperation> Operations { get; init; } = [LoadOperation.Search];

    /// <summary>Connections, one point for each number of them.</summary>
    public IReadOnlyList<int> Connections { get; init; } = [1];

    /// <summary>Arrivals a second; null = <see cref="Load"/> says it.</summary>
    public double? Rate { get; init; }

    /// <summary>Arrivals as a share of the greatest rate that these connections reach, which is measured before; above 0, at most 1.</summary>
    public double Load { get; init; } = 0.5;

    /// <summary>Duration of the arrivals of a point.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Duration for which the greatest rate is measured, and before that as long unmeasured, so that code is compiled.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Rows in the collection.</summary>
    public int Rows { get; init; } = 10_000;

    /// <summary>Different queries.</summary>
    public int Queries { get; init; } = 200;

    /// <summary>Components of a vector.</summary>
    public int Dimension { get; init; } = 128;

    /// <summary>How distances are measured.</summary>
    public Metric Metric { get; init; } = Metric.L2;

    /// <summary>The codes that searches run on.</summary>
    public QuantizationKind Quantization { get; init; }

    /// <summary>Links per node.</summary>
    public int M { get; init; } = 16;

    /// <summary>Beam width while building.</summary>
    public int EfConstruction { get; init; } = 200;

    /// <summary>Results of a search.</summary>
    public int K { get; init; } = 10;

    /// <summary>Beam width of searches; null = the collection's.</summary>
    public int? Ef { get; init; }

    /// <summary>Records of an insert.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>The protocol of the transport.</summary>
    public ILoadProtocol Protocol => Transport == LoadTransport.Grpc ? new GrpcProtocol(this) : new RestProtocol(this);
}
