using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// A hierarchical navigable small world graph (Malkov and Yashunin, arXiv:1603.09320): nodes are slots, links are directed.
/// This is its memory; <see cref="Linker"/> builds it, <see cref="BeamWalk"/> walks it, <see cref="Repairer"/> takes
/// removed nodes out of it.
/// </summary>
/// <remarks>
/// Layout: level-0 links are uint32[2m] by slot, the first <see cref="None"/> ends a list; <see cref="UpperRecords"/> for the
/// levels above; <see cref="NodeHeader"/> by slot; one live bit by slot.
/// Invariants: every link leads to a slot that is <see cref="NodeState.Linked"/>, never to its own node, never twice from one
/// list; no link leads to a slot that is given back.
/// Thread safety: readers take no locks and may see a list half-way between two states, each entry of which is valid;
/// writers of a list hold the lock of its node.
/// </remarks>
internal sealed unsafe class HnswGraph : IDisposable
{
    /// <summary>No slot, no record, end of a list.</summary>
    public const uint None = uint.MaxValue;

    /// <summary>Greatest slot: the highest bit is used by <see cref="Candidate"/>.</summary>
    public const uint MaxSlot = 0x7FFF_FFFE;

    private const ulong NoEntry = ulong.MaxValue;

    private readonly Lock _entryLock = new();
    private readonly SlotBlocks _nodes = new(sizeof(NodeHeader));
    private readonly SlotBlocks _links;
    private uint _slotCount;
    private long _linked;
    private ulong _entry = NoEntry;

    /// <summary>Creates an empty graph.</summary>
    /// <param name="m">Links per node on the upper levels; level 0 has twice as many.</param>
    /// <param name="seed">Seed of the levels.</param>
    public HnswGraph(int m, ulong seed)
    {
        M = m;
        Seed = seed;
        _links = new SlotBlocks(2 * m * sizeof(uint));
        Upper = new UpperRecords(m);
    }

    /// <summary>Links per node on the upper levels.</summary>
    public int M { get; }

    /// <summary>Links per node on level 0.</summary>
    public int MaxLinks => 2 * M;

    /// <summary>Seed of the levels.</summary>
    public ulong Seed { get; }

    /// <summary>Guards the lists of links.</summary>
    public StripedLocks Locks { get; } = new();

    /// <summary>The slots that may be returned.</summary>
    public SlotBits Live { get; } = new();

    /// <summary>The levels above 0.</summary>
    public UpperRecords Upper { get; }

    /// <summary>Slots at and above it have never been used.</summary>
    public uint SlotCount => Volatile.Read(ref _slotCount);

    /// <summary>Nodes in the graph, removed ones included until they are taken out.</summary>
    public long Linked => Volatile.Read(ref _linked);

    /// <summary>Level-0 links by slot.</summary>
    public BlockView LevelZero => _links.View;

    /// <summary>Bytes of links and nodes.</summary>
    public long Bytes => (SlotCount * (long)(_links.StrideBytes + _nodes.StrideBytes)) + (SlotCount / 8) + Upper.Bytes;

    /// <summary>Bytes that one more slot takes, its part of the upper levels included.</summary>
    public int BytesPerSlot => _links.StrideBytes + _nodes.StrideBytes + 1 + (2 * Upper.StrideBytes / M);

    /// <summary>A node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NodeHeader* Node(uint slot) => (NodeHeader*)_nodes.View[slot];

    /// <summary>The links of a node, uint32[<see cref="Capacity"/>].</summary>
    public uint* Links(uint slot, int level) =>
        level == 0 ? (uint*)_links.View[slot] : Upper.LinksAbove(Node(slot)->FirstRecord, level - 1);

    /// <summary>Greatest number of links of a node on a level.</summary>
    public int Capacity(int level) => level == 0 ? MaxLinks : M;

    /// <summary>Where walks begin; false when the graph is empty.</summary>
    public bool TryGetEntry(out uint slot, out int level)
    {
        ulong entry = Volatile.Read(ref _entry);
        slot = (uint)entry;
        level = (int)(entry >> 32);
        return entry != NoEntry;
    }

    /// <summary>Makes a node the entry if there is none, or none as high.</summary>
    /// <returns>Whether it became the entry.</returns>
    public bool OfferEntry(uint slot, int level)
    {
        lock (_entryLock)
        {
            if (_entry != NoEntry && (int)(_entry >> 32) >= level)
            {
                return false;
            }

            SetEntry(slot, level);
            return true;
        }
    }

    /// <summary>Makes a node the entry of an empty graph.</summary>
    /// <returns>Whether it became the entry.</returns>
    public bool OfferEntryIfNone(uint slot, int level)
    {
        lock (_entryLock)
        {
            if (_entry != NoEntry)
            {
                return false;
            }

            SetEntry(slot, level);
            return true;
        }
    }

    /// <summary>Replaces the entry if it still is <paramref name="old"/>.</summary>
    /// <param name="old">The node that must not be the entry any more.</param>
    /// <param name="slot">The new one; <see cref="None"/> leaves the graph empty.</param>
    /// <param name="level">Level of the new one.</param>
    public void ReplaceEntry(uint old, uint slot, int level)
    {
        lock (_entryLock)
        {
            if (_entry != NoEntry && (uint)_entry == old)
            {
                if (slot == None)
                {
                    Volatile.Write(ref _entry, NoEntry);
                }
                else
                {
                    SetEntry(slot, level);
                }
            }
        }
    }

    /// <summary>Makes a slot a pending node without links. Takes all the memory that linking will need.</summary>
    public void Prepare(uint slot)
    {
        if (slot > MaxSlot)
        {
            throw new HypervexException(ErrorCode.MemoryLimit, $"A graph holds the slots 0 to {MaxSlot}; got slot {slot}. Use more partitions.");
        }

        _nodes.EnsureSlot(slot);
        _links.EnsureSlot(slot);
        Live.EnsureSlot(slot);
        int level = Levels.Of(slot, M, Seed);
        NodeHeader* node = Node(slot);
        node->FirstRecord = level == 0 ? None : Upper.Take(slot, level);
        node->InDegree = 0;
        node->Level = (byte)level;
        new Span<uint>(Links(slot, 0), MaxLinks).Fill(None);
        SetState(slot, NodeState.Pending);
        if (slot >= _slotCount)
        {
            Volatile.Write(ref _slotCount, slot + 1);
        }
    }

    /// <summary>The state of a slot below <see cref="SlotCount"/>.</summary>
    public NodeState State(uint slot) => (NodeState)Volatile.Read(ref *(byte*)&Node(slot)->State);

    /// <summary>Sets the state of a slot, after everything written before.</summary>
    public void SetState(uint slot, NodeState state)
    {
        if (state == NodeState.Linked)
        {
            Interlocked.Increment(ref _linked);
        }
        else if (state == NodeState.Absent && State(slot) == NodeState.Linked)
        {
            Interlocked.Decrement(ref _linked);
        }

        Volatile.Write(ref *(byte*)&Node(slot)->State, (byte)state);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _nodes.Dispose();
        _links.Dispose();
        Live.Dispose();
        Upper.Dispose();
    }

    private void SetEntry(uint slot, int level) => Volatile.Write(ref _entry, ((ulong)(uint)level << 32) | slot);
}
