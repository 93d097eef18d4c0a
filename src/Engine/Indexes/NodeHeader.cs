namespace Hypervex.Indexes;

/// <summary>What has become of a slot in the graph.</summary>
internal enum NodeState : byte
{
    /// <summary>The slot holds no node.</summary>
    Absent = 0,

    /// <summary>The row waits for linking, or is being linked.</summary>
    Pending = 1,

    /// <summary>Linked: other nodes may lead to it.</summary>
    Linked = 2,

    /// <summary>Removed before it was linked: no node leads to it.</summary>
    Unlinked = 3,
}

/// <summary>
/// One node, 12 bytes: uint32 index of its record on level 1 (<see cref="HnswGraph.None"/> when its level is 0) · int32 number of
/// level-0 links that lead to it · byte level · byte state · 2 bytes unused.
/// </summary>
internal struct NodeHeader
{
    public uint FirstRecord;
    public int InDegree;
    public byte Level;
    public NodeState State;
}
