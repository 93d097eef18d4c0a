using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// A graph as a stream of numbers, for checkpoints. It is taken while the graph changes: what does not fit together is dropped on
/// loading, and whoever loads it adds the rows that it lacks.
/// </summary>
/// <remarks>
/// Layout, little-endian: uint32 format (1) · uint32 m · uint64 seed · then a node after the other: uint32 slot, and for each of
/// its levels (a function of slot, m and seed) a byte with the number of links and as many uint32 slots · uint32 <see cref="HnswGraph.None"/>
/// ends the nodes.
/// Thread safety: <see cref="Save"/> beside anything but disposal, <see cref="Load"/> alone.
/// </remarks>
internal static unsafe class GraphSnapshot
{
    private const uint Format = 1;
    private const int HeaderBytes = 16;
    private const int BufferBytes = 256 * 1024;

    /// <summary>Writes the nodes that are linked and live.</summary>
    public static void Save(HnswGraph graph, Stream stream)
    {
        var buffer = new byte[BufferBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(buffer, Format);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(4), (uint)graph.M);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(8), graph.Seed);
        int used = HeaderBytes;
        int largestNode = sizeof(uint) + ((Levels.Max + 1) * (1 + (graph.MaxLinks * sizeof(uint))));
        uint slots = graph.SlotCount;
        for (uint slot = 0; slot < slots; slot++)
        {
            if (buffer.Length - used < largestNode)
            {
                stream.Write(buffer, 0, used);
                used = 0;
            }

            if (graph.State(slot) == NodeState.Linked && graph.Live.Contains(slot))
            {
                used += WriteNode(graph, slot, buffer.AsSpan(used));
            }
        }

        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(used), HnswGraph.None);
        stream.Write(buffer, 0, used + sizeof(uint));
    }

    /// <summary>Reads nodes into an empty graph; returns how many.</summary>
    /// <exception cref="InvalidDataException">The stream is not a graph with these settings.</exception>
    public static long Load(HnswGraph graph, Stream stream)
    {
        var buffer = new SnapshotBuffer(stream, BufferBytes);
        ReadOnlySpan<byte> header = buffer.Take(HeaderBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Format
            || BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != graph.M
            || BinaryPrimitives.ReadUInt64LittleEndian(header[8..]) != graph.Seed)
        {
            throw new InvalidDataException("The snapshot is of a graph with other settings.");
        }

        long nodes = 0;
        uint next = 0;
        for (uint slot = buffer.TakeUInt32(); slot != HnswGraph.None; slot = buffer.TakeUInt32())
        {
            if (slot < next || slot > HnswGraph.MaxSlot)
            {
                throw new InvalidDataException("The snapshot's nodes are not in order.");
            }

            next = slot + 1;
            graph.Prepare(slot);
            int levels = graph.Node(slot)->Level;
            for (int level = 0; level <= levels; level++)
            {
                int count = buffer.Take(1)[0];
                if (count > graph.Capacity(level))
                {
                    throw new InvalidDataException("The snapshot has a node with too many links.");
                }

                ReadLinks(buffer.Take(count * sizeof(uint)), graph.Links(slot, level));
            }

            graph.SetState(slot, NodeState.Linked);
            graph.Live.Set(slot);
            nodes++;
        }

        Settle(graph);
        return nodes;
    }

    private static int WriteNode(HnswGraph graph, uint slot, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, slot);
        int used = sizeof(uint);
        for (int level = 0; level <= graph.Node(slot)->Level; level++)
        {
            uint* links = graph.Links(slot, level);
            int capacity = graph.Capacity(level);
            int countAt = used++;
            int count = 0;
            for (; count < capacity; count++)
            {
                uint link = Volatile.Read(ref links[count]);
                if (link == HnswGraph.None)
                {
                    break;
                }

                BinaryPrimitives.WriteUInt32LittleEndian(target[used..], link);
                used += sizeof(uint);
            }

            target[countAt] = (byte)count;
        }

        return used;
    }

    private static void ReadLinks(ReadOnlySpan<byte> source, uint* links)
    {
        if (BitConverter.IsLittleEndian)
        {
            source.CopyTo(new Span<byte>(links, source.Length));
            return;
        }

        for (int at = 0; at < source.Length; at += sizeof(uint))
        {
            *links++ = BinaryPrimitives.ReadUInt32LittleEndian(source[at..]);
        }
    }

    /// <summary>Drops links that lead nowhere, to their own node or twice to the same; counts the rest; finds the entry.</summary>
    private static void Settle(HnswGraph graph)
    {
        uint slots = graph.SlotCount;
        for (uint slot = 0; slot < slots; slot++)
        {
            NodeHeader* node = graph.Node(slot);
            if (node->State != NodeState.Linked)
            {
                continue;
            }

            int levels = node->Level;
            for (int level = 0; level <= levels; level++)
            {
                KeepValid(graph, slot, level, slots);
            }

            graph.OfferEntry(slot, levels);
        }
    }

    // Runs once for each list of a graph that may have millions: compiled for speed at once, not when it has proved hot.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeepValid(HnswGraph graph, uint slot, int level, uint slots)
    {
        uint* links = graph.Links(slot, level);
        int capacity = graph.Capacity(level);
        int kept = 0;
        ulong seen = 0, seenToo = 0;
        for (int i = 0; i < capacity && links[i] != HnswGraph.None; i++)
        {
            uint link = links[i];
            if (link >= slots || link == slot)
            {
                continue;
            }

            // Alone with the graph: no need for atomic counting. Links seldom share both bits, so that few are compared with all others.
            NodeHeader* target = graph.Node(link);
            ulong bit = 1UL << (int)(link & 63);
            ulong bitToo = 1UL << (int)((link >> 6) & 63);
            if (target->State != NodeState.Linked
                || target->Level < level
                || ((seen & bit) != 0 && (seenToo & bitToo) != 0 && new ReadOnlySpan<uint>(links, kept).Contains(link)))
            {
                continue;
            }

            seen |= bit;
            seenToo |= bitToo;
            links[kept++] = link;
            if (level == 0)
            {
                target->InDegree++;
            }
        }

        for (int i = kept; i < capacity; i++)
        {
            links[i] = HnswGraph.None;
        }
    }
}
