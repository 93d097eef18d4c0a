using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Hypervex.Distances;

namespace Hypervex.Bench.Kernels;

/// <summary>
/// Each kernel beside what System.Numerics.Tensors has for the same sum, two rows that stay in the first cache. Manhattan has no counterpart
/// in one pass. Hamming counts the bits of as many bytes as the others have in float32.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public unsafe class KernelBenchmarks
{
    private float* _u;
    private float* _v;

    /// <summary>float32 places of a row.</summary>
    [Params(16, 100, 128, 384, 768, 1536)]
    public int Dimension { get; set; }

    private ReadOnlySpan<float> U => new(_u, Dimension);

    private ReadOnlySpan<float> V => new(_v, Dimension);

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        _u = (float*)NativeMemory.AlignedAlloc((nuint)Dimension * sizeof(float), 64);
        _v = (float*)NativeMemory.AlignedAlloc((nuint)Dimension * sizeof(float), 64);
        for (int i = 0; i < Dimension; i++)
        {
            _u[i] = random.NextSingle();
            _v[i] = random.NextSingle();
        }
    }

    [GlobalCleanup]
    public void Free()
    {
        NativeMemory.AlignedFree(_u);
        NativeMemory.AlignedFree(_v);
    }

    [BenchmarkCategory("l2"), Benchmark(Baseline = true)]
    public float TensorsDistance() => TensorPrimitives.Distance(U, V);

    [BenchmarkCategory("l2"), Benchmark]
    public float FastSquaredDifference() => Fast.Rank<SquaredDifference>(_u, _v, Dimension);

    [BenchmarkCategory("l2"), Benchmark]
    public float ReproducibleSquaredDifference() => Reproducible.Rank<SquaredDifference>(_u, _v, Dimension);

    [BenchmarkCategory("dot"), Benchmark(Baseline = true)]
    public float TensorsDot() => TensorPrimitives.Dot(U, V);

    [BenchmarkCategory("dot"), Benchmark]
    public float FastNegatedProduct() => Fast.Rank<NegatedProduct>(_u, _v, Dimension);

    [BenchmarkCategory("manhattan"), Benchmark]
    public float FastAbsoluteDifference() => Fast.Rank<AbsoluteDifference>(_u, _v, Dimension);

    [BenchmarkCategory("hamming"), Benchmark(Baseline = true)]
    public long TensorsHammingBitDistance() => TensorPrimitives.HammingBitDistance(MemoryMarshal.AsBytes(U), MemoryMarshal.AsBytes(V));

    [BenchmarkCategory("hamming"), Benchmark]
    public float FastDifferingBits() => Fast.Rank<DifferingBits>(_u, _v, Dimension);
}
