using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>The links of one level, for walks that are compiled for each kind of level.</summary>
internal unsafe interface ILinks
{
    /// <summary>Greatest number of links of a node.</summary>
    int Capacity { get; }

    /// <summary>The links of a node; <see cref="HnswGraph.None"/> ends them.</summary>
    uint* Of(uint slot);

    /// <summary>Asks the processor to load the links of a node that may be expanded soon.</summary>
    void Prefetch(uint slot);
}

/// <summary>The links of level 0.</summary>
internal readonly unsafe struct LevelZeroLinks(BlockView links, int capacity) : ILinks
{
    private const int LinksPerLine = 16;

    private readonly BlockView _links = links;

    /// <inheritdoc/>
    public int Capacity { get; } = capacity;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint* Of(uint slot) => (uint*)_links[slot];

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(uint slot)
    {
        if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
        {
            uint* links = Of(slot);
            for (int i = 0; i < Capacity; i += LinksPerLine)
            {
                System.Runtime.Intrinsics.X86.Sse.Prefetch0(links + i);
            }
        }
    }
}

/// <summary>The links of a level above 0.</summary>
internal readonly unsafe struct UpperLinks(HnswGraph graph, int level) : ILinks
{
    /// <inheritdoc/>
    public int Capacity => graph.M;

    /// <inheritdoc/>
    public uint* Of(uint slot) => graph.Links(slot, level);

    /// <inheritdoc/>
    public void Prefetch(uint slot)
    {
        // The upper levels hold one node in m and stay in the cache.
    }
}
