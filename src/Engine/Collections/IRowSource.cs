using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>The rows of one field to the parts of its index that are compiled once: they copy rows, and make what is compiled for each kind of rows. Thread safety: all members.</summary>
internal interface IRowSource
{
    /// <summary>float32 places of a row.</summary>
    int Dimension { get; }

    /// <summary>Copies a row.</summary>
    /// <exception cref="HypervexException">The row cannot be read.</exception>
    void Copy(uint slot, Span<float> row);

    /// <summary>A scan of the rows that are live.</summary>
    IRowScan Scan(SlotBits live, Measure measure);

    /// <summary>A walker over the rows.</summary>
    IWalker Walker(HnswGraph graph, Measure measure, int efConstruction);

    /// <summary>A walker over codes of the rows.</summary>
    ICodeWalker CodeWalker<TWidth>(HnswGraph graph, Measure measure, int efConstruction, Quantizer<TWidth> quantizer)
        where TWidth : struct, ICodeWidth;
}
