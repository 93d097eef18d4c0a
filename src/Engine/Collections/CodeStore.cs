using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>
/// The codes of a field's rows by slot, in native blocks: components, <see cref="CodeTrailer"/>, and padding to 4 bytes, or to a cache
/// line where that costs little.
/// </summary>
/// <remarks>
/// Thread safety: encoding of one slot is guarded by its lock; codes are read without locks, once a link leads to their slot.
/// </remarks>
internal sealed unsafe class CodeStore<TWidth> : IDisposable
    where TWidth : struct, ICodeWidth
{
    private const int LineBytes = 64;

    // A row that starts on a line touches one line less, which is worth this much memory.
    private const double PaddingWorthwhile = 0.1;

    private readonly Quantizer<TWidth> _quantizer;
    private readonly SlotBlocks _codes;
    private readonly StripedLocks _encoding = new();

    /// <summary>Creates an empty store.</summary>
    public CodeStore(Quantizer<TWidth> quantizer)
    {
        _quantizer = quantizer;
        _codes = new SlotBlocks(StrideOf(quantizer.Shape));
    }

    /// <summary>Bytes of one code with its padding.</summary>
    public static int StrideOf(CodeShape shape)
    {
        int bytes = TWidth.CodeBytes(shape.Components) + shape.TrailerBytes;
        int lines = (bytes + LineBytes - 1) / LineBytes * LineBytes;
        return lines - bytes <= bytes * PaddingWorthwhile ? lines : bytes;
    }

    /// <summary>Bytes of one code with its padding.</summary>
    public int StrideBytes => _codes.StrideBytes;

    /// <summary>Components that are coded.</summary>
    public int Components => _quantizer.Dimension;

    /// <summary>Bytes of one code without its padding.</summary>
    public int CodeBytes => _quantizer.ComponentBytes + _quantizer.Shape.TrailerBytes;

    /// <summary>Copies a code.</summary>
    public void Copy(uint slot, Span<byte> code) => new ReadOnlySpan<byte>(_codes.View[slot], CodeBytes).CopyTo(code);

    /// <summary>Takes over a code that was copied from a store with an equal quantizer.</summary>
    public void Set(uint slot, ReadOnlySpan<byte> code)
    {
        _codes.EnsureSlot(slot);
        code[..CodeBytes].CopyTo(new Span<byte>(_codes.View[slot], CodeBytes));
    }

    /// <summary>Writes the code of a row, which is read under the slot's lock: of two that encode a slot, the later one has not read an older row.</summary>
    public void Encode<TRows>(uint slot, TRows rows, SearchScratch scratch)
        where TRows : struct, IRows<TRows>
    {
        _codes.EnsureSlot(slot);
        float* work = scratch.Work.Take(_quantizer.WorkLength);
        _encoding.Enter(slot);
        try
        {
            _quantizer.Encode(rows.Row(slot, RowPlaces.Query), _codes.View[slot], work);
        }
        finally
        {
            _encoding.Exit(slot);
        }
    }

    /// <summary>A scorer for a vector at full precision, in the scratch's place for queries.</summary>
    public TScorer Scorer<TScorer>(float* query, SearchScratch scratch)
        where TScorer : struct, ICodeScorer<TScorer>
    {
        sbyte* components = scratch.Query.Take(_quantizer.QueryLength);
        QueryCode code = _quantizer.Prepare(query, components, scratch.Work.Take(_quantizer.WorkLength));
        return TScorer.Over(_codes.View, _quantizer.ComponentBytes, code);
    }

    /// <summary>A scorer for a stored code, in the scratch's place for neighbours.</summary>
    public TScorer Near<TScorer>(uint slot, SearchScratch scratch)
        where TScorer : struct, ICodeScorer<TScorer>
    {
        QueryCode code = _quantizer.FromCode(_codes.View[slot], scratch.Neighbour.Take(_quantizer.QueryLength));
        return TScorer.Over(_codes.View, _quantizer.ComponentBytes, code);
    }

    /// <inheritdoc/>
    public void Dispose() => _codes.Dispose();
}
