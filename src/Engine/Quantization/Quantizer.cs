using System.Runtime.Intrinsics;
using Hypervex.Distances;

namespace Hypervex.Quantization;

/// <summary>
/// Rows to codes: subtract the mean, rotate, and round to a small number of steps, with a step of its own for each row. The
/// scale of a code is chosen such that the product of the code with its own row is exact (RaBitQ, Gao and Long, SIGMOD 2024;
/// several bits: Gao et al., SIGMOD 2025): then the error of a squared distance is proportional to that distance, and near
/// rows are told apart best.
/// </summary>
/// <remarks>
/// Code: <see cref="ICodeWidth.CodeBytes"/> bytes · <see cref="CodeTrailer"/> · in hyperbolic space float32 the row's factor. Metrics: l2 and cosine (on rows of length 1)
/// by their squared distance, dot, and poincare and lorentz by the squared distance in the ball times the factors of both rows (<see cref="PoincareRank"/>). A
/// code's error does not shrink towards the boundary as distances do there: docs/decisions/hyperbolic-codes.md says how near it points may be. Thread safety: immutable.
/// </remarks>
internal sealed unsafe class Quantizer<TWidth>
    where TWidth : struct, ICodeWidth
{
    // Steps to try, in standard deviations of the rotated components: around the best one for sixteen levels of a Gaussian.
    private static readonly float[] _stepsOfFourBits = [0.24f, 0.27f, 0.30f, 0.33f, 0.36f, 0.40f];

    private readonly Rotation _rotation;
    private readonly float[] _mean;
    private readonly float[] _rotatedMean;
    private readonly float _meanSquared;
    private readonly bool _isDot;
    private readonly bool _isLorentz;
    private readonly bool _hasFactor;

    /// <summary>Creates a quantizer.</summary>
    /// <param name="metric">Any but manhattan and hamming.</param>
    /// <param name="mean">float32[components], what codes are relative to: the mean of the rows, in hyperbolic space of their coordinates in the ball, or near it.</param>
    /// <param name="seed">Seed of the rotation.</param>
    public Quantizer(Metric metric, ReadOnlySpan<float> mean, ulong seed)
    {
        if (metric is not (Metric.L2 or Metric.Cosine or Metric.Dot or Metric.Poincare or Metric.Lorentz))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"Rows under {metric} cannot be quantized: a rotation changes that distance. Choose none.");
        }

        _isDot = metric == Metric.Dot;
        _isLorentz = metric == Metric.Lorentz;
        _hasFactor = CodeShape.HasFactor(metric);
        _rotation = new Rotation(mean.Length, seed);
        _mean = mean.ToArray();
        _rotatedMean = mean.ToArray();
        fixed (float* rotated = _rotatedMean)
        {
            _rotation.Apply(rotated);
            _meanSquared = Product(rotated, rotated, mean.Length);
        }

        Dimension = mean.Length;
        Shape = CodeShape.OfComponents(metric, mean.Length);
        ComponentBytes = TWidth.CodeBytes(Dimension);
        QueryLength = TWidth.QueryLength(Dimension);
    }

    /// <summary>Components that are coded.</summary>
    public int Dimension { get; }

    /// <summary>Its components and trailer.</summary>
    public CodeShape Shape { get; }

    /// <summary>Bytes of a code without its trailer.</summary>
    public int ComponentBytes { get; }

    /// <summary>Components of a query.</summary>
    public int QueryLength { get; }

    /// <summary>float32 of working memory that <see cref="Encode"/> and <see cref="Prepare"/> need.</summary>
    public int WorkLength => 2 * QueryLength;

    /// <summary>The factor of the inner product in a rank.</summary>
    private float ProductFactor => _isDot ? 1 : 2;

    /// <summary>Writes the code of a row.</summary>
    /// <param name="row">A row, prepared.</param>
    /// <param name="code">byte[<see cref="ComponentBytes"/> + <see cref="CodeShape.TrailerBytes"/>].</param>
    /// <param name="work">float32[<see cref="WorkLength"/>].</param>
    public void Encode(float* row, byte* code, float* work)
    {
        Rotate(row, work);
        float squared = SquaredLength(work);
        float stepsPerUnit = 1 / BestStep(work, squared);
        (float low, float high) = TWidth.Range;
        byte* components = (byte*)(work + QueryLength);
        Rounding.ToUnsigned(work, QueryLength, stepsPerUnit, TWidth.Offset, low, high, components);
        TWidth.Pack(components, ComponentBytes, code);
        (float product, float codeSquared) = Rounding.Measure(work, Dimension, stepsPerUnit, TWidth.Offset, low, high);
        float scale = product > 0 ? squared / product : 0;
        *(CodeTrailer*)(code + ComponentBytes) = new CodeTrailer
        {
            Scale = scale,
            Weight = _isDot ? ProductWithMean(work) : squared,
            Error = MathF.Sqrt(MathF.Max(0, (scale * scale * codeSquared) - squared)),
        };
        if (_hasFactor)
        {
            *(float*)(code + ComponentBytes + CodeTrailer.Bytes) = FactorOf(row);
        }
    }

    /// <summary>Makes a query of a vector.</summary>
    /// <param name="query">A row, prepared.</param>
    /// <param name="components">sbyte[<see cref="QueryLength"/>].</param>
    /// <param name="work">float32[<see cref="WorkLength"/>].</param>
    public QueryCode Prepare(float* query, sbyte* components, float* work)
    {
        Rotate(query, work);
        float greatest = Rounding.MaxMagnitude(work, QueryLength);
        float step = greatest > 0 ? greatest / TWidth.MaxQuery : 1;
        int sum = Rounding.ToSigned(work, QueryLength, 1 / step, components);
        float squared = SquaredLength(work);
        TWidth.Arrange(components, QueryLength);
        return new QueryCode
        {
            Components = components,
            Length = MathF.Sqrt(squared),
            Weight = _isDot ? ProductWithMean(work) - _meanSquared : squared,
            Scale = ProductFactor * step,
            Factor = _hasFactor ? FactorOf(query) : 1,
            Bias = TWidth.Offset * sum,
        };
    }

    /// <summary>Makes a query of a code; its <see cref="QueryCode.Length"/> is not set.</summary>
    /// <param name="code">A code with its trailer.</param>
    /// <param name="components">sbyte[<see cref="QueryLength"/>].</param>
    public QueryCode FromCode(byte* code, sbyte* components)
    {
        float unitsPerStep = TWidth.Unpack(code, ComponentBytes, components);
        new Span<sbyte>(components + Dimension, QueryLength - Dimension).Clear();
        Vector128<int> sums = default;
        for (int i = 0; i < QueryLength; i += 16)
        {
            sums = ByteDot.Add(sums, Vector128<byte>.One, Vector128.Load(components + i));
        }

        TWidth.Arrange(components, QueryLength);
        CodeTrailer* trailer = (CodeTrailer*)(code + ComponentBytes);
        return new QueryCode
        {
            Components = components,
            Weight = _isDot ? trailer->Weight - _meanSquared : trailer->Weight,
            Scale = ProductFactor * trailer->Scale / unitsPerStep,
            Factor = _hasFactor ? *(float*)(trailer + 1) : 1,
            Bias = TWidth.Offset * Vector128.Sum(sums),
        };
    }

    private static float Product(float* u, float* v, int n) => -Fast.Rank<NegatedProduct>(u, v, n);

    private void Rotate(float* row, float* rotated)
    {
        if (_isLorentz)
        {
            LorentzRank.ToBall(row, Dimension, rotated);
            row = rotated;
        }

        fixed (float* mean = _mean)
        {
            Rounding.Subtract(row, mean, rotated, Dimension);
        }

        _rotation.Apply(rotated);
        new Span<float>(rotated + Dimension, QueryLength - Dimension).Clear();
    }

    // The last place of a row: √c a(x) in the ball, a(x) on the hyperboloid, where √c cancels in the rank.
    private float FactorOf(float* row) => row[Dimension + (_isLorentz ? 1 : 0)];

    private float SquaredLength(float* rotated) => Product(rotated, rotated, Dimension);

    private float ProductWithMean(float* rotated)
    {
        fixed (float* mean = _rotatedMean)
        {
            return -Product(mean, rotated, Dimension);
        }
    }

    private float BestStep(float* rotated, float squared)
    {
        (float low, float high) = TWidth.Range;
        if (squared == 0)
        {
            return 1;
        }

        if (TWidth.Bits == 8)
        {
            return Rounding.MaxMagnitude(rotated, QueryLength) / (high - TWidth.Offset);
        }

        float deviation = MathF.Sqrt(squared / Dimension);
        if (TWidth.Bits == 1)
        {
            return deviation; // signs are the same whatever the step
        }

        float best = 0;
        float bestCosine = float.NegativeInfinity;
        foreach (float factor in _stepsOfFourBits)
        {
            (float product, float codeSquared) = Rounding.Measure(rotated, Dimension, 1 / (factor * deviation), TWidth.Offset, low, high);
            float cosine = product / MathF.Sqrt(codeSquared);
            if (cosine > bestCosine)
            {
                bestCosine = cosine;
                best = factor * deviation;
            }
        }

        return best;
    }
}
