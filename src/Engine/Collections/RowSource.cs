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
    public IRowScan Scan(SlotBits live, Measure measure) => measure.Metric switch
    {
        Metric.Dot => new RowScan<TRows, NegatedProduct>(rows, live, measure),
        Metric.Manhattan => new RowScan<TRows, AbsoluteDifference>(rows, live, measure),
        Metric.Hamming => new RowScan<TRows, DifferingBits>(rows, live, measure),
        Metric.Poincare => new RowScan<TRows, PoincareRank>(rows, live, measure),
        Metric.Lorentz => new RowScan<TRows, LorentzRank>(rows, live, measure),
        _ => new RowScan<TRows, SquaredDifference>(rows, live, measure),
    };

    /// <inheritdoc/>
    public IWalker Walker(HnswGraph graph, Measure measure, int efConstruction) => measure.Metric switch
    {
        Metric.Dot => new RowWalker<TRows, NegatedProduct>(graph, rows, measure, efConstruction),
        Metric.Manhattan => new RowWalker<TRows, AbsoluteDifference>(graph, rows, measure, efConstruction),
        Metric.Hamming => new RowWalker<TRows, DifferingBits>(graph, rows, measure, efConstruction),
        Metric.Poincare => new RowWalker<TRows, PoincareRank>(graph, rows, measure, efConstruction),
        Metric.Lorentz => new RowWalker<TRows, LorentzRank>(graph, rows, measure, efConstruction),
        _ => new RowWalker<TRows, SquaredDifference>(graph, rows, measure, efConstruction),
    };

    /// <inheritdoc/>
    public ICodeWalker CodeWalker<TWidth>(HnswGraph graph, Measure measure, int efConstruction, Quantizer<TWidth> quantizer)
        where TWidth : struct, ICodeWidth => measure.Metric switch
        {
            Metric.Dot => new CodeWalker<TRows, TWidth, CodeScorer<TWidth>, NegatedProduct>(graph, rows, measure, efConstruction, quantizer),
            Metric.Poincare => new CodeWalker<TRows, TWidth, HyperbolicCodeScorer<TWidth>, PoincareRank>(graph, rows, measure, efConstruction, quantizer),
            Metric.Lorentz => new CodeWalker<TRows, TWidth, HyperbolicCodeScorer<TWidth>, LorentzRank>(graph, rows, measure, efConstruction, quantizer),
            _ => new CodeWalker<TRows, TWidth, CodeScorer<TWidth>, SquaredDifference>(graph, rows, measure, efConstruction, quantizer),
        };
}
