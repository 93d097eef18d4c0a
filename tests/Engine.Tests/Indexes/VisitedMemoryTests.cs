using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>A set of met nodes begins empty, whatever the walk before it has met, and however many slots that one had.</summary>
public sealed unsafe class VisitedMemoryTests
{
    private const int Seed = 12;

    [Fact]
    public void Nothing_of_the_set_before_is_left()
    {
        var random = new Random(Seed);
        using var memory = new VisitedMemory();
        bool hadFew = false, hadMany = false;
        for (int round = 0; round < 300; round++)
        {
            uint slots = (uint)random.Next(1, round % 3 == 0 ? 50_000 : 5000);
            Visited visited = memory.Take(slots);
            AssertIsEmpty(visited, slots);
            int meetings = random.Next(4) == 0 ? random.Next((int)slots * 2) : random.Next(60);
            (hadFew, hadMany) = (hadFew | meetings * 512L < slots, hadMany | meetings > slots);
            var met = new HashSet<uint>();
            for (int i = 0; i < meetings; i++)
            {
                Meet(visited, (uint)random.Next((int)slots + 100), slots, met, byBatch: random.Next(2) == 0);
            }

            Assert.All(met, slot => Assert.True(visited.HasMet(slot)));
        }

        Assert.True(hadFew && hadMany, "both ways of clearing were taken");
    }

    [Fact]
    public void What_was_met_and_not_noted_stays_which_is_why_all_is_noted()
    {
        using var memory = new VisitedMemory();
        Visited visited = memory.Take(100_000);
        Assert.Equal(1, visited.CountMeeting(77));
        Assert.True(memory.Take(100_000).HasMet(77));
    }

    // As a walk over the graph meets its neighbours: several are marked, then those that are new are noted at once.
    private static void Meet(Visited visited, uint slot, uint slots, HashSet<uint> met, bool byBatch)
    {
        bool isNew = slot < slots && met.Add(slot);
        if (!byBatch)
        {
            Assert.Equal(isNew, visited.Meet(slot));
            return;
        }

        uint* batch = stackalloc uint[3];
        int count = 0;
        foreach (uint each in (ReadOnlySpan<uint>)[slot, HnswGraph.None, slot])
        {
            batch[count] = each;
            count += visited.CountMeeting(each);
        }

        visited.Note(batch, count);
        Assert.Equal(isNew ? 1 : 0, count);
    }

    private static void AssertIsEmpty(Visited visited, uint slots)
    {
        for (uint slot = 0; slot < slots; slot++)
        {
            if (visited.HasMet(slot))
            {
                Assert.Fail($"slot {slot} of {slots} counts as met");
            }
        }

        Assert.True(visited.HasMet(slots));
        Assert.True(visited.HasMet(HnswGraph.None));
    }
}
