using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>Estimates ranks from codes: squared distances, or inner products with their sign changed.</summary>
internal readonly unsafe struct CodeScorer<TWidth>(BlockView codes, int componentBytes, in QueryCode query) : ICodeScorer<CodeScorer<TWidth>>
    where TWidth : struct, ICodeWidth
{
    private const int LineBytes = 64;

    private readonly BlockView _codes = codes;
    private readonly sbyte* _components = query.Components;
    private readonly int _componentBytes = componentBytes;
    private readonly float _weight = query.Weight;
    private readonly float _scale = query.Scale;
    private readonly float _bias = query.Bias;
    private readonly float _length = query.Length;

    /// <inheritdoc/>
    public static CodeScorer<TWidth> Over(BlockView codes, int componentBytes, in QueryCode query) => new(codes, componentBytes, query);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Rank(uint slot)
    {
        byte* code = _codes[slot];
        float dot = TWidth.Dot(code, _components, _componentBytes);
        CodeTrailer* trailer = (CodeTrailer*)(code + _componentBytes);
        return _weight + trailer->Weight - (_scale * trailer->Scale * (dot - _bias));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RankFour(uint* slots, float* ranks)
    {
        byte* code0 = _codes[slots[0]];
        byte* code1 = _codes[slots[1]];
        byte* code2 = _codes[slots[2]];
        byte* code3 = _codes[slots[3]];
        Vector128<float> dots = Vector128.ConvertToSingle(TWidth.DotFour(code0, code1, code2, code3, _components, _componentBytes));
        CodeTrailer* trailer0 = (CodeTrailer*)(code0 + _componentBytes);
        CodeTrailer* trailer1 = (CodeTrailer*)(code1 + _componentBytes);
        CodeTrailer* trailer2 = (CodeTrailer*)(code2 + _componentBytes);
        CodeTrailer* trailer3 = (CodeTrailer*)(code3 + _componentBytes);
        Vector128<float> scales = Vector128.Create(trailer0->Scale, trailer1->Scale, trailer2->Scale, trailer3->Scale);
        Vector128<float> weights = Vector128.Create(trailer0->Weight, trailer1->Weight, trailer2->Weight, trailer3->Weight);
        (Vector128.Create(_weight) + weights - (Vector128.Create(_scale) * scales * (dots - Vector128.Create(_bias)))).Store(ranks);
    }

    /// <inheritdoc/>
    public int Ahead => RowsAhead.Of(_componentBytes + CodeTrailer.Bytes);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint slot)
    {
        if (Sse.IsSupported)
        {
            byte* code = _codes[slot];
            byte* end = code + _componentBytes + CodeTrailer.Bytes;
            for (; code < end; code += LineBytes)
            {
                Sse.Prefetch0(code);
            }
        }
    }

    /// <remarks>
    /// What the code leaves out points anywhere relative to the vector that it is multiplied with: under l2, by the choice of the scale, the difference of the two; under dot the query. Under l2
    /// that shrinks with the distance, and what rounding the query adds does not: of each component up to half a step either way, times the row. It is most of the error where rows are
    /// much nearer to each other than to their mean.
    /// </remarks>
    /// <inheritdoc/>
    public float Deviation(uint slot, Metric metric, float rank, int components)
    {
        CodeTrailer* trailer = (CodeTrailer*)(_codes[slot] + _componentBytes);
        if (metric == Metric.Dot)
        {
            return trailer->Error * _length / MathF.Sqrt(components);
        }

        float squaredLength = MathF.Max(0, trailer->Weight);
        return MathF.Sqrt((4 * trailer->Error * trailer->Error * MathF.Max(0, rank) / components) + (_scale * _scale * squaredLength / 12));
    }
}
