using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>Estimates ranks from codes.</summary>
internal readonly unsafe struct CodeScorer<TWidth>(BlockView codes, int componentBytes, in QueryCode query) : IScorer
    where TWidth : struct, ICodeWidth
{
    private const int LineBytes = 64;

    private readonly BlockView _codes = codes;
    private readonly sbyte* _components = query.Components;
    private readonly int _componentBytes = componentBytes;
    private readonly float _weight = query.Weight;
    private readonly float _scale = query.Scale;
    private readonly float _bias = query.Bias;

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

    /// <summary>The length of what a row's code leaves out.</summary>
    public float Error(uint slot) => ((CodeTrailer*)(_codes[slot] + _componentBytes))->Error;
}
