using System.Buffers.Binary;

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
        using var buffered = new BufferedStream(stream, BufferBytes);
        Span<byte> header = stackalloc byte[HeaderBytes];
        buffered.ReadExactly(header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Format
            || BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != graph.M
            || BinaryPrimitives.ReadUInt64LittleEndian(header[8..]) != graph.Seed)
        {
            throw new InvalidDataException("The snapshot is of a graph with other settings.");
        }

        long nodes = 0;
        uint next = 0;
        var links = new byte[graph.MaxLinks * sizeof(uint)];
        for (uint slot = ReadUInt32(buffered); slot != HnswGraph.None; slot = ReadUInt32(buffered))
        {
            if (slot < next || slot > HnswGraph.MaxSlot)
            {
                throw new InvalidDataException("The snapshot's nodes are not in order.");
            }

            next = slot + 1;
            graph.Prepare(slot);
            for (int level = 0; level <= graph.Node(slot)->Level; level++)
            {
                int count = buffered.ReadByte();
                if (count < 0 || count > graph.Capacity(level))
                {
                    throw new InvalidDataException("The snapshot has a node with too many links.");
                }

                buffered.ReadExactly(links, 0, count * sizeof(uint));
                for (int i = 0; i < count; i++)
                {
                    graph.Links(slot, level)[i] = BinaryPrimitives.ReadUInt32LittleEndian(links.AsSpan(i * sizeof(uint)));
                }
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

    private static uint ReadUInt32(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Drops links that lead nowhere, to their own node or twice to the same; counts the rest; finds the entry.</summary>
    private static void Settle(HnswGraph graph)
    {
        for (uint slot = 0; slot < graph.SlotCount; slot++)
        {
            if (graph.State(slot) != NodeState.Linked)
            {
                continue;
            }

            int levels = graph.Node(slot)->Level;
            for (int level = 0; level <= levels; level++)
            {
                KeepValid(graph, slot, level);
            }

            graph.OfferEntry(slot, levels);
        }
    }

    private static void KeepValid(HnswGraph graph, uint slot, int level)
    {
        uint* links = graph.Links(slot, level);
        int capacity = graph.Capacity(level);
        int kept = 0;
        for (int i = 0; i < capacity && links[i] != HnswGraph.None; i++)
        {
            uint link = links[i];
            if (link < graph.SlotCount
                && link != slot
                && graph.State(link) == NodeState.Linked
                && graph.Node(link)->Level >= level
                && !new ReadOnlySpan<uint>(links, kept).Contains(link))
            {
                links[kept++] = link;
                LinkList.CountLink(graph, level, link, 1);
            }
        }

        for (int i = kept; i < capacity; i++)
        {
            links[i] = HnswGraph.None;
        }
    }
}
