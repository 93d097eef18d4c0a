namespace Hypervex.Indexes;

/// <summary>A node and its rank. The highest bit of the slot says whether the node has been expanded.</summary>
internal struct Candidate(float rank, uint slot)
{
    private const uint ExpandedBit = 0x8000_0000;

    private uint _slot = slot;

    /// <summary>Smaller is nearer.</summary>
    public float Rank = rank;

    /// <summary>The node.</summary>
    public readonly uint Slot => _slot & ~ExpandedBit;

    /// <summary>Whether the node's neighbours have been looked at.</summary>
    public readonly bool IsExpanded => (_slot & ExpandedBit) != 0;

    /// <summary>Notes that the node's neighbours have been looked at.</summary>
    public void MarkExpanded() => _slot |= ExpandedBit;
}
