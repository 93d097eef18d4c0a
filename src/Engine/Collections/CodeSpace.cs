using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>
/// Estimated ranks between stored rows. A row that is walked for is taken at full precision, one that is compared with a few
/// neighbours by its code.
/// </summary>
internal readonly unsafe struct CodeSpace<TRows, TWidth>(CodeStore<TWidth> store, TRows rows, SearchScratch scratch, float slack) : ISpace<CodeScorer<TWidth>>
    where TRows : struct, IRows<TRows>
    where TWidth : struct, ICodeWidth
{
    /// <inheritdoc/>
    public float Slack { get; } = slack;

    /// <inheritdoc/>
    public bool Fills => false;

    /// <inheritdoc/>
    public CodeScorer<TWidth> From(uint slot) => store.Scorer(rows.Row(slot, RowPlaces.Query), scratch);

    /// <inheritdoc/>
    public CodeScorer<TWidth> Near(uint slot) => store.Near(slot, scratch);
}
