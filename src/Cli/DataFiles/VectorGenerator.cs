using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Makes vectors out of a seed: the same rows for the same options on every platform, in any order and from many threads.
/// Thread safety: safe for concurrent use.
/// </summary>
internal abstract class VectorGenerator
{
    private const double QueryNoise = 0.1;

    protected VectorGenerator(GeneratorOptions options) => Options = options;

    /// <summary>The options it was created with.</summary>
    public GeneratorOptions Options { get; }

    /// <summary>How queries are made.</summary>
    public QueryKind Queries => Options.Queries
        ?? (Options.Distribution == VectorDistribution.Gaussian ? QueryKind.NearRow : QueryKind.Fresh);

    /// <summary>Prepares a generator; the clustered kinds draw their centres here.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count or dimension out of range.</exception>
    /// <exception cref="ArgumentException">Points of the Poincare ball cannot have norm 1.</exception>
    public static VectorGenerator Create(GeneratorOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Dimension, Limits.MaxDimension);
        if (options is { Distribution: VectorDistribution.Poincare or VectorDistribution.Hyperbolic, Normalize: true })
        {
            throw new ArgumentException("Vectors of norm 1 lie on the border of the Poincare ball, not in it; leave normalization out.", nameof(options));
        }

        return options.Distribution switch
        {
            VectorDistribution.Clustered => new ClusteredGenerator(options),
            VectorDistribution.Spiky => new SpikyGenerator(options),
            VectorDistribution.Gaussian => new GaussianGenerator(options),
            VectorDistribution.Uniform => new CubeGenerator(options, greatestNorm: double.PositiveInfinity),
            VectorDistribution.Poincare => new CubeGenerator(options, CubeGenerator.PoincareNorm),
            VectorDistribution.Hyperbolic => new HyperbolicGenerator(options),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Distribution, "Not a distribution."),
        };
    }

    /// <summary>Makes the row with this number, 0 to count - 1.</summary>
    /// <param name="number">The row's number.</param>
    /// <param name="vector">Receives <see cref="GeneratorOptions.Dimension"/> components.</param>
    public void FillRow(long number, Span<float> vector)
    {
        Check(number, vector);
        var random = new RandomStream(Options.Seed, StreamPurpose.Rows, number);
        Fill(ref random, vector);
        Finish(vector);
    }

    /// <summary>Makes the query with this number, from 0; see <see cref="QueryKind"/>.</summary>
    public void FillQuery(long number, Span<float> vector)
    {
        Check(number, vector);
        var random = new RandomStream(Options.Seed, StreamPurpose.Queries, number);
        if (Queries == QueryKind.Fresh)
        {
            Fill(ref random, vector);
        }
        else
        {
            FillRow(random.NextBelow(Options.Count), vector);
            foreach (ref float component in vector)
            {
                component += (float)(QueryNoise * random.NextNormal());
            }
        }

        Finish(vector);
    }

    /// <summary>Draws one vector.</summary>
    protected abstract void Fill(ref RandomStream random, Span<float> vector);

    /// <summary>Scales a vector to a norm. The sum runs in order, so that it is the same everywhere.</summary>
    protected static void ScaleToNorm(Span<float> vector, double norm)
    {
        double factor = norm / Norm(vector);
        foreach (ref float component in vector)
        {
            component = (float)(component * factor);
        }
    }

    /// <summary>The Euclidean norm.</summary>
    protected static double Norm(ReadOnlySpan<float> vector)
    {
        double square = 0;
        foreach (float component in vector)
        {
            square += (double)component * component;
        }

        return Math.Sqrt(square);
    }

    private void Finish(Span<float> vector)
    {
        if (Options.Normalize)
        {
            ScaleToNorm(vector, 1);
        }
    }

    private void Check(long number, Span<float> vector)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        if (vector.Length != Options.Dimension)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"Expected room for {Options.Dimension} components, got {vector.Length}."), nameof(vector));
        }
    }
}
