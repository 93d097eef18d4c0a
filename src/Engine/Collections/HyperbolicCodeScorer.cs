using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>Estimates ranks of hyperbolic space from codes: the squared distance in the ball, times the factors of the query and of the row, which stands behind the code's trailer.</summary>
internal readonly unsafe struct HyperbolicCodeScorer<TWidth>(BlockView codes, int componentBytes, in QueryCode query) : ICodeScorer<HyperbolicCodeScorer<TWidth>>
    where TWidth : struct, ICodeWidth
{
    private readonly CodeScorer<TWidth> _squares = new(codes, componentBytes, query);
    private readonly BlockView _codes = codes;
    private readonly int _factorAt = componentBytes + CodeTrailer.Bytes;
    private readonly float _factor = query.Factor;

    /// <inheritdoc/>
    public static HyperbolicCodeScorer<TWidth> Over(BlockView codes, int componentBytes, in QueryCode query) => new(codes, componentBytes, query);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Rank(uint slot) => _squares.Rank(slot) * (_factor * FactorOf(slot));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RankFour(uint* slots, float* ranks)
    {
        _squares.RankFour(slots, ranks);
        Vector128<float> factors = Vector128.Create(FactorOf(slots[0]), FactorOf(slots[1]), FactorOf(slots[2]), FactorOf(slots[3]));
        (Vector128.Load(ranks) * (Vector128.Create(_factor) * factors)).Store(ranks);
    }

    /// <inheritdoc/>
    public int Ahead => _squares.Ahead;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint slot) => _squares.Prefetch(slot);

    /// <inheritdoc/>
    public float Deviation(uint slot, Metric metric, float rank, int components)
    {
        float factors = _factor * FactorOf(slot);
        return factors * _squares.Deviation(slot, Metric.L2, rank / factors, components);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float FactorOf(uint slot) => *(float*)(_codes[slot] + _factorAt);
}
