using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>One kind of rows as a source. Thread safety: all members.</summary>
/// <typeparam name="TRows">Where the rows are.</typeparam>
internal sealed unsafe class RowSource<TRows>(TRows rows) : IRowSource
    where TRows : struct, IRows<TRows>
{
    /// <inheritdoc/>
    public int Dimension => rows.Dimension;

    /// <inheritdoc/>
    public void Copy(uint slot, Span<float> row)
    {
        using var rented = new RentedRows<TRows>(rows);
        new ReadOnlySpan<float>(rented.Rows.Row(slot, RowPlaces.Query), Dimension).CopyTo(row);
    }

    /// <inheritdoc/>
    public IRowScan Scan(SlotBits live, Metric metric) => metric switch
    {
        Metric.Dot => new RowScan<TRows, NegatedProduct>(rows, live, metric),
        Metric.Manhattan => new RowScan<TRows, AbsoluteDifference>(rows, live, metric),
        Metric.Hamming => new RowScan<TRows, DifferingBits>(rows, live, metric),
        _ => new RowScan<TRows, SquaredDifference>(rows, live, metric),
    };

    /// <inheritdoc/>
    public IWalker Walker(HnswGraph graph, Metric metric, int efConstruction) => metric switch
    {
        Metric.Dot => new RowWalker<TRows, NegatedProduct>(graph, rows, metric, efConstruction),
        Metric.Manhattan => new RowWalker<TRows, AbsoluteDifference>(graph, rows, metric, efConstruction),
        Metric.Hamming => new RowWalker<TRows, DifferingBits>(graph, rows, metric, efConstruction),
        _ => new RowWalker<TRows, SquaredDifference>(graph, rows, metric, efConstruction),
    };

    /// <inheritdoc/>
    public ICodeWalker CodeWalker<TWidth>(HnswGraph graph, Metric metric, int efConstruction, Quantizer<TWidth> quantizer)
        where TWidth : struct, ICodeWidth => metric == Metric.Dot
            ? new CodeWalker<TRows, TWidth, NegatedProduct>(graph, rows, metric, efConstruction, quantizer)
            : new CodeWalker<TRows, TWidth, SquaredDifference>(graph, rows, metric, efConstruction, quantizer);
}
