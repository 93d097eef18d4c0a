using System.Runtime.InteropServices;
using Hypervex.Engine.Tests.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Engine.Tests.Quantization;

public sealed unsafe class QuantizerTests
{
    private const int Seed = 31;

    [Theory]
    [InlineData(Metric.L2, 7)]
    [InlineData(Metric.L2, 128)]
    [InlineData(Metric.L2, 300)]
    [InlineData(Metric.Cosine, 200)]
    [InlineData(Metric.Dot, 100)]
    public void Estimates_of_bytes_are_within_one_percent(Metric metric, int dimension) => Check<EightBits>(metric, dimension, 0.01);

    [Theory]
    [InlineData(Metric.L2, 128)]
    [InlineData(Metric.L2, 300)]
    [InlineData(Metric.Cosine, 200)]
    [InlineData(Metric.Dot, 100)]
    public void Estimates_of_half_bytes_are_within_five_percent_or_ten_under_dot(Metric metric, int dimension) => Check<FourBits>(metric, dimension, metric == Metric.Dot ? 0.1 : 0.05);

    [Theory]
    [InlineData(Metric.L2, 128)]
    [InlineData(Metric.L2, 300)]
    [InlineData(Metric.Cosine, 768)]
    public void Estimates_of_bits_are_within_twenty_percent(Metric metric, int dimension) => Check<OneBit>(metric, dimension, 0.2);

    [Fact]
    public void The_mean_itself_can_be_encoded_and_searched()
    {
        float[] mean = [1, 2, 3, 4];
        using var workbench = new Workbench<FourBits>(new Quantizer<FourBits>(Metric.L2, mean, 1));
        Assert.Equal(0, workbench.Estimate(mean, mean), 1e-6);
        Assert.Equal(4, workbench.Estimate([1, 2, 3, 6], mean), 0.3);
        Assert.Equal(4, workbench.Estimate(mean, [1, 2, 3, 6]), 0.3);
    }

    [Fact]
    public void Manhattan_is_refused()
    {
        var error = Assert.Throws<HypervexException>(() => new Quantizer<EightBits>(Metric.Manhattan, new float[4], 1));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
    }

    // Mean error of ranks, relative to the mean magnitude of the ranks.
    private static void Check<TWidth>(Metric metric, int dimension, double bar)
        where TWidth : struct, ICodeWidth
    {
        using var rows = new NativeRows(metric, dimension);
        float[][] vectors = [.. Samples.Clustered(200, dimension, 10, 0.7, Seed).Select(vector => rows.Prepare(vector))];
        float[] mean = [.. Enumerable.Range(0, dimension).Select(i => vectors.Average(vector => vector[i]))];
        using var workbench = new Workbench<TWidth>(new Quantizer<TWidth>(metric, mean, Seed));
        double error = 0, pairError = 0, magnitude = 0;
        for (int i = 0; i < 100; i++)
        {
            double exact = Rank(metric, vectors[i], vectors[i + 100]);
            error += Math.Abs(workbench.Estimate(vectors[i], vectors[i + 100]) - exact);
            pairError += Math.Abs(workbench.EstimateOfCodes(vectors[i], vectors[i + 100]) - exact);
            magnitude += Math.Abs(exact);
        }

        Assert.True(error <= bar * magnitude, $"seed {Seed}: relative error {error / magnitude}");
        Assert.True(pairError <= 2 * bar * magnitude, $"seed {Seed}: relative error between codes {pairError / magnitude}");
    }

    private static double Rank(Metric metric, float[] u, float[] v) => metric == Metric.Dot
        ? -u.Zip(v, (a, b) => (double)a * b).Sum()
        : u.Zip(v, (a, b) => ((double)a - b) * ((double)a - b)).Sum();

    private sealed class Workbench<TWidth>(Quantizer<TWidth> quantizer) : IDisposable
        where TWidth : struct, ICodeWidth
    {
        private readonly byte* _code = (byte*)NativeMemory.Alloc((nuint)(quantizer.ComponentBytes + quantizer.Shape.TrailerBytes));
        private readonly byte* _other = (byte*)NativeMemory.Alloc((nuint)(quantizer.ComponentBytes + quantizer.Shape.TrailerBytes));
        private readonly sbyte* _query = (sbyte*)NativeMemory.Alloc((nuint)quantizer.QueryLength);
        private readonly float* _work = (float*)NativeMemory.Alloc((nuint)quantizer.WorkLength * sizeof(float));

        public double Estimate(float[] query, float[] row)
        {
            fixed (float* q = query, r = row)
            {
                quantizer.Encode(r, _code, _work);
                return Rank(quantizer.Prepare(q, _query, _work));
            }
        }

        public double EstimateOfCodes(float[] u, float[] v)
        {
            fixed (float* a = u, b = v)
            {
                quantizer.Encode(a, _other, _work);
                quantizer.Encode(b, _code, _work);
                return Rank(quantizer.FromCode(_other, _query));
            }
        }

        public void Dispose()
        {
            NativeMemory.Free(_code);
            NativeMemory.Free(_other);
            NativeMemory.Free(_query);
            NativeMemory.Free(_work);
        }

        private double Rank(QueryCode query)
        {
            CodeTrailer* trailer = (CodeTrailer*)(_code + quantizer.ComponentBytes);
            int dot = TWidth.Dot(_code, query.Components, quantizer.ComponentBytes);
            return query.Weight + trailer->Weight - (query.Scale * trailer->Scale * (dot - query.Bias));
        }
    }
}
