using System.Numerics;
using System.Runtime.InteropServices;

namespace Hypervex.Indexes;

/// <summary>Which nodes the links of level 0 lead to, directly or not, from the entry: a breadth-first walk over all of them.</summary>
internal sealed unsafe class Reachability : IDisposable
{
    private readonly HnswGraph _graph;
    private readonly NativeBuffer<ulong> _reached = new();
    private readonly NativeBuffer<uint> _queue = new();
    private readonly uint _slotCount;
    private readonly Visited _visited;

    /// <summary>Walks from the entry.</summary>
    public Reachability(HnswGraph graph)
    {
        _graph = graph;
        _slotCount = graph.SlotCount;
        int words = Visited.Words(_slotCount);
        ulong* memory = _reached.Take(words);
        NativeMemory.Clear(memory, (nuint)words * sizeof(ulong));
        _visited = new Visited(memory, _slotCount);
        if (graph.TryGetEntry(out uint entry, out _))
        {
            Extend(entry);
        }
    }

    /// <summary>Whether a node can be reached. Nodes added since count as reached.</summary>
    public bool Includes(uint slot) => _visited.HasMet(slot);

    /// <summary>Adds what can be reached from a further node.</summary>
    public void Extend(uint slot)
    {
        if (!_visited.Meet(slot))
        {
            return;
        }

        uint* queue = _queue.Take((int)_slotCount);
        int first = 0;
        int last = 0;
        queue[last++] = slot;
        while (first < last)
        {
            uint* links = _graph.Links(queue[first++], 0);
            for (int i = 0; i < _graph.MaxLinks && Volatile.Read(ref links[i]) is var link and not HnswGraph.None; i++)
            {
                if (_visited.Meet(link)) // read once: others may be changing the list
                {
                    queue[last++] = link;
                }
            }
        }
    }

    /// <summary>The live, linked nodes that cannot be reached.</summary>
    public IEnumerable<uint> Unreached()
    {
        for (uint word = 0; word < (_slotCount + 63) / 64; word++)
        {
            for (ulong bits = LiveWord(word); bits != 0; bits &= bits - 1)
            {
                uint slot = (word * 64) + (uint)BitOperations.TrailingZeroCount(bits);
                if (slot < _slotCount && _graph.State(slot) == NodeState.Linked && !_visited.HasMet(slot))
                {
                    yield return slot;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reached.Dispose();
        _queue.Dispose();
    }

    private ulong LiveWord(uint word) => Volatile.Read(ref *(ulong*)_graph.Live.Words[word]);
}
