using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>
/// Estimated ranks between stored rows. A row that is walked for is taken at full precision, one that is compared with a few
/// neighbours by its code.
/// </summary>
internal readonly unsafe struct CodeSpace<TRows, TWidth, TScorer>(CodeStore<TWidth> store, TRows rows, SearchScratch scratch, float slack, bool fills) : ISpace<TScorer>
    where TRows : struct, IRows<TRows>
    where TWidth : struct, ICodeWidth
    where TScorer : struct, ICodeScorer<TScorer>
{
    /// <inheritdoc/>
    public float Slack { get; } = slack;

    /// <inheritdoc/>
    public bool Fills { get; } = fills;

    /// <inheritdoc/>
    public TScorer From(uint slot) => store.Scorer<TScorer>(rows.Row(slot, RowPlaces.Query), scratch);

    /// <inheritdoc/>
    public TScorer Near(uint slot) => store.Near<TScorer>(slot, scratch);
}
