using Hypervex.Distances;

namespace Hypervex.Indexes;

/// <summary>Ranks between full-precision rows.</summary>
internal readonly unsafe struct RowSpace<TRows, TKernel>(TRows rows, float slack, bool fills) : ISpace<RowScorer<TRows, TKernel>>
    where TRows : struct, IRows<TRows>
    where TKernel : struct, IKernel
{
    private readonly TRows _rows = rows;

    /// <inheritdoc/>
    public float Slack { get; } = slack;

    /// <inheritdoc/>
    public bool Fills { get; } = fills;

    /// <inheritdoc/>
    public RowScorer<TRows, TKernel> From(uint slot) => new(_rows, _rows.Row(slot, RowPlaces.Query));

    /// <inheritdoc/>
    public RowScorer<TRows, TKernel> Near(uint slot) => new(_rows, _rows.Row(slot, RowPlaces.Neighbour));
}
