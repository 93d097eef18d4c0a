namespace Hypervex.Indexes;

/// <summary>A node and its rank. The highest bit of the slot says whether the node has been expanded.</summary>
/// <remarks>
/// One uint64, rank above slot, so that a node is always written and read as a whole: the processor passes what was just written on to
/// the next read only then.
/// </remarks>
internal struct Candidate(float rank, uint slot)
{
    private const ulong ExpandedBit = 0x8000_0000;

    private ulong _rankAndSlot = ((ulong)BitConverter.SingleToUInt32Bits(rank) << 32) | slot;

    /// <summary>Smaller is nearer.</summary>
    public readonly float Rank => BitConverter.UInt32BitsToSingle((uint)(_rankAndSlot >> 32));

    /// <summary>The node.</summary>
    public readonly uint Slot => (uint)(_rankAndSlot & ~ExpandedBit);

    /// <summary>Whether the node's neighbours have been looked at.</summary>
    public readonly bool IsExpanded => (_rankAndSlot & ExpandedBit) != 0;

    /// <summary>Notes that the node's neighbours have been looked at.</summary>
    public void MarkExpanded() => _rankAndSlot |= ExpandedBit;
}
