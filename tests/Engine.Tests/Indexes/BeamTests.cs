using System.Runtime.InteropServices;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed unsafe class BeamTests
{
    private const int Seed = 31;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(24)]
    [InlineData(25)]
    [InlineData(64)]
    [InlineData(200)]
    public void A_beam_holds_the_nearest_in_order_of_rank_and_of_arrival(int width)
    {
        var random = new Random(Seed + width);
        var items = (Candidate*)NativeMemory.Alloc((nuint)((width + 1) * sizeof(Candidate)));
        try
        {
            var beam = new Beam(items, width);
            var offered = new List<(float Rank, uint Slot)>();
            for (uint slot = 0; slot < 500; slot++)
            {
                // Few different ranks, so that many are equal; negative ones as under dot, and those of rows that are infinitely far.
                float rank = random.Next(20) == 0 ? float.PositiveInfinity : random.Next(-40, 40);
                bool isAmongNearest = offered.Count(other => other.Rank <= rank) < width;
                offered.Add((rank, slot));
                Assert.Equal(isAmongNearest, beam.Insert(rank, slot));
                var nearest = offered.OrderBy(each => each.Rank).Take(width).ToList();
                Assert.Equal(nearest, Contents(beam));
                Assert.Equal(nearest.Count == width, beam.IsFull);
            }
        }
        finally
        {
            NativeMemory.Free(items);
        }
    }

    [Fact]
    public void A_node_that_enters_before_expanded_ones_is_taken_next()
    {
        const int Width = 40;
        Candidate* items = stackalloc Candidate[Width + 1];
        var beam = new Beam(items, Width);
        for (uint slot = 0; slot < Width; slot++)
        {
            beam.Insert(slot, slot);
        }

        Assert.True(beam.TryTakeNearest(out uint taken));
        Assert.Equal(0u, taken);
        Assert.True(beam.TryTakeNearest(out taken));
        Assert.Equal(1u, taken);
        Assert.True(beam.Insert(0.5f, 100));
        Assert.True(beam.TryTakeNearest(out taken));
        Assert.Equal(100u, taken);
        Assert.True(beam.TryTakeNearest(out taken));
        Assert.Equal(2u, taken);
    }

    [Fact]
    public void Nodes_outside_of_a_walk_count_as_met()
    {
        foreach (uint slots in new uint[] { 0, 1, 63, 64, 65, 1000 })
        {
            var words = new ulong[Visited.Words(slots)];
            fixed (ulong* memory = words)
            {
                var visited = new Visited(memory, slots);
                for (uint slot = 0; slot < slots; slot++)
                {
                    Assert.False(visited.HasMet(slot));
                    Assert.Equal(1, visited.CountMeeting(slot));
                    Assert.True(visited.HasMet(slot));
                    Assert.False(visited.Meet(slot));
                }

                foreach (uint slot in new[] { slots, slots + 1, HnswGraph.None })
                {
                    Assert.True(visited.HasMet(slot));
                    Assert.False(visited.Meet(slot));
                }
            }
        }
    }

    private static List<(float Rank, uint Slot)> Contents(in Beam beam)
    {
        var contents = new List<(float, uint)>();
        for (int i = 0; i < beam.Count; i++)
        {
            contents.Add((beam.Items[i].Rank, beam.Items[i].Slot));
        }

        return contents;
    }
}
