using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>Estimates ranks from codes. Implemented by structs.</summary>
/// <typeparam name="TSelf">The struct itself.</typeparam>
internal interface ICodeScorer<TSelf> : IScorer
    where TSelf : struct, ICodeScorer<TSelf>
{
    /// <summary>A scorer of a query over the codes of a store.</summary>
    /// <param name="codes">The codes by slot.</param>
    /// <param name="componentBytes">Bytes of a code in front of its trailer.</param>
    /// <param name="query">The query.</param>
    static abstract TSelf Over(BlockView codes, int componentBytes, in QueryCode query);

    /// <summary>A standard deviation of the error of a row's rank.</summary>
    /// <param name="slot">The row.</param>
    /// <param name="metric">The field's metric.</param>
    /// <param name="rank">About the true rank.</param>
    /// <param name="components">Components that are coded.</param>
    float Deviation(uint slot, Metric metric, float rank, int components);
}
