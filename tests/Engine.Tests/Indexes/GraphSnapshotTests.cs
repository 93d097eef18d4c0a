using System.Buffers.Binary;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed unsafe class GraphSnapshotTests
{
    private const int M = 4;
    private const ulong Seed = 1;
    private const uint Nodes = 5_000;

    [Fact]
    public void Links_that_lead_nowhere_to_themselves_or_twice_to_the_same_node_are_dropped_and_the_others_counted()
    {
        // 1 and 4,097 agree in their twelve low bits: what tells them apart is the whole number.
        uint[] first = [1, 4_097, 1, 0, Nodes, 4_097, uint.MaxValue - 1, 6];
        using var graph = new HnswGraph(M, Seed);

        long loaded = GraphSnapshot.Load(graph, new MemoryStream(Snapshot(slot => slot == 0 ? first : [slot == 7 ? 1u : 2u])));

        Assert.Equal(Nodes, loaded);
        Assert.Equal([1u, 4_097u, 6u, .. Enumerable.Repeat(HnswGraph.None, (2 * M) - 3)], new ReadOnlySpan<uint>(graph.Links(0, 0), 2 * M).ToArray());
        Assert.Equal(2, graph.Node(1)->InDegree);
        Assert.Equal(1, graph.Node(4_097)->InDegree);
        Assert.Equal((int)Nodes - 3, graph.Node(2)->InDegree); // all but 0, 7 and itself
        Assert.True(graph.TryGetEntry(out uint entry, out int level));
        Assert.Equal(Enumerable.Range(0, (int)Nodes).Max(slot => Levels.Of((uint)slot, M, Seed)), level);
        Assert.Equal(level, graph.Node(entry)->Level);
    }

    [Fact]
    public void A_link_to_a_node_that_the_snapshot_does_not_hold_is_dropped()
    {
        using var graph = new HnswGraph(M, Seed);

        GraphSnapshot.Load(graph, new MemoryStream(Snapshot(_ => [3, 4], missing: 3)));

        Assert.Equal(NodeState.Absent, graph.State(3));
        Assert.Equal([4u, HnswGraph.None], new ReadOnlySpan<uint>(graph.Links(9, 0), 2).ToArray());
    }

    [Fact]
    public void What_is_saved_again_is_the_same_however_small_the_pieces_are_in_which_the_stream_comes()
    {
        byte[] snapshot = Snapshot(slot => [(slot + 1) % Nodes, (slot + 70) % Nodes]);
        using var graph = new HnswGraph(M, Seed);

        GraphSnapshot.Load(graph, new Drip(snapshot));

        var saved = new MemoryStream();
        GraphSnapshot.Save(graph, saved);
        Assert.Equal(snapshot, saved.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(25)]
    [InlineData(-1)]
    public void A_snapshot_that_ends_early_is_refused(int length)
    {
        byte[] snapshot = Snapshot(_ => [1, 2]);
        using var graph = new HnswGraph(M, Seed);

        Assert.Throws<EndOfStreamException>(() => GraphSnapshot.Load(graph, new MemoryStream(length < 0 ? snapshot[..^1] : snapshot[..length])));
    }

    private static byte[] Snapshot(Func<uint, uint[]> links, uint missing = HnswGraph.None)
    {
        var stream = new MemoryStream();
        Write(stream, 1);
        Write(stream, M);
        Write(stream, (uint)Seed);
        Write(stream, 0);
        for (uint slot = 0; slot < Nodes; slot++)
        {
            if (slot == missing)
            {
                continue;
            }

            Write(stream, slot);
            uint[] targets = links(slot);
            stream.WriteByte((byte)targets.Length);
            Array.ForEach(targets, target => Write(stream, target));
            for (int level = 1; level <= Levels.Of(slot, M, Seed); level++)
            {
                stream.WriteByte(0);
            }
        }

        Write(stream, HnswGraph.None);
        return stream.ToArray();
    }

    private static void Write(Stream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    /// <summary>Gives 1, 2, 3, … up to 7 bytes at a time.</summary>
    private sealed class Drip(byte[] content) : MemoryStream
    {
        private int _at;
        private int _reads;

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(Math.Min(buffer.Length, content.Length - _at), 1 + (_reads++ % 7));
            content.AsSpan(_at, count).CopyTo(buffer);
            _at += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
