using System.Globalization;

namespace Hypervex.Indexes;

/// <summary>
/// Checks the invariants of a graph that nobody changes meanwhile: links lead to nodes, never to their own node, never twice
/// from one list; lists have no gaps; the counts of incoming links are right; no live node is on a higher level than the
/// entry; every live node can be reached on level 0.
/// </summary>
internal sealed unsafe class GraphCheck(HnswGraph graph, Action<string> finding)
{
    private readonly Dictionary<uint, int> _incoming = [];

    /// <summary>Checks everything.</summary>
    /// <returns>The number of nodes.</returns>
    public long Run()
    {
        long nodes = 0;
        int highest = -1;
        for (uint slot = 0; slot < graph.SlotCount; slot++)
        {
            NodeState state = graph.State(slot);
            if (state != NodeState.Linked)
            {
                CheckUnlinked(slot, state);
                continue;
            }

            nodes++;
            highest = graph.Live.Contains(slot) ? Math.Max(highest, graph.Node(slot)->Level) : highest;
            for (int level = 0; level <= graph.Node(slot)->Level; level++)
            {
                CheckList(slot, level);
            }
        }

        CheckIncoming();
        CheckEntry(nodes, highest);
        CheckReachability();
        return nodes;
    }

    private void CheckUnlinked(uint slot, NodeState state)
    {
        if (state == NodeState.Absent && graph.Live.Contains(slot))
        {
            Report($"Slot {slot} is live but holds no node.");
        }

        if (LinkList.Count(graph.Links(slot, 0), graph.MaxLinks) > 0 && state != NodeState.Absent)
        {
            Report($"Slot {slot} is not linked but has links.");
        }
    }

    private void CheckList(uint slot, int level)
    {
        uint* links = graph.Links(slot, level);
        int capacity = graph.Capacity(level);
        int count = LinkList.Count(links, capacity);
        var seen = new HashSet<uint>();
        for (int i = 0; i < count; i++)
        {
            uint target = links[i];
            if (target >= graph.SlotCount || graph.State(target) != NodeState.Linked)
            {
                Report($"The link from slot {slot} to slot {target} on level {level} leads to no node.");
                continue;
            }

            if (target == slot)
            {
                Report($"Slot {slot} has a link to itself on level {level}.");
            }

            if (graph.Node(target)->Level < level)
            {
                Report($"The link from slot {slot} leads to slot {target} on level {level}, which that node does not have.");
            }

            if (!seen.Add(target))
            {
                Report($"Slot {slot} has two links to slot {target} on level {level}.");
            }

            if (level == 0)
            {
                _incoming[target] = _incoming.GetValueOrDefault(target) + 1;
            }
        }

        for (int i = count; i < capacity; i++)
        {
            if (links[i] != HnswGraph.None)
            {
                Report($"The list of slot {slot} on level {level} has a gap at place {count}.");
                break;
            }
        }
    }

    private void CheckIncoming()
    {
        for (uint slot = 0; slot < graph.SlotCount; slot++)
        {
            int expected = _incoming.GetValueOrDefault(slot);
            if (graph.State(slot) == NodeState.Linked && graph.Node(slot)->InDegree != expected)
            {
                Report($"{expected} links lead to slot {slot}, but its node counts {graph.Node(slot)->InDegree}.");
            }
        }
    }

    private void CheckEntry(long nodes, int highest)
    {
        if (!graph.TryGetEntry(out uint entry, out int level))
        {
            if (nodes > 0)
            {
                Report($"The graph has {nodes} nodes and no entry.");
            }

            return;
        }

        if (entry >= graph.SlotCount || graph.State(entry) != NodeState.Linked)
        {
            Report($"The entry, slot {entry}, is no node.");
        }
        else if (graph.Node(entry)->Level != level)
        {
            Report($"The entry, slot {entry}, is on level {graph.Node(entry)->Level}, but walks begin on level {level}.");
        }
        else if (level < highest && graph.Live.Contains(entry))
        {
            Report($"The entry is on level {level}, but there are live nodes on level {highest}.");
        }
    }

    private void CheckReachability()
    {
        using var reachability = new Reachability(graph);
        long unreached = 0;
        uint first = 0;
        foreach (uint slot in reachability.Unreached())
        {
            first = unreached++ == 0 ? slot : first;
        }

        if (unreached > 0)
        {
            Report($"{unreached} live nodes cannot be reached on level 0; the first one is slot {first}.");
        }
    }

    private void Report(FormattableString message) => finding(message.ToString(CultureInfo.InvariantCulture));
}
