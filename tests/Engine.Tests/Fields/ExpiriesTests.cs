using Hypervex.Fields;

namespace Hypervex.Engine.Tests.Fields;

public sealed class ExpiriesTests
{
    private const int Seed = 71;

    [Fact]
    public void What_is_due_is_what_a_dictionary_says_after_any_changes()
    {
        var random = new Random(Seed);
        for (int round = 0; round < 20; round++)
        {
            var expiries = new Expiries();
            var model = new Dictionary<uint, long>();
            for (int i = 0; i < 400; i++)
            {
                // Few blocks, so that times come and go in the same ones; and some slots far away.
                uint slot = random.Next(10) == 0 ? (uint)random.Next(300_000) : (uint)random.Next(3_000);
                long time = random.Next(3) == 0 ? 0 : random.Next(1, 50);
                expiries.Set(slot, time);
                model.Remove(slot);
                if (time != 0)
                {
                    model[slot] = time;
                }

                Check(expiries, model, random.Next(60), $"seed {Seed}, round {round}, change {i}");
            }

            foreach (uint slot in model.Keys)
            {
                expiries.Set(slot, 0);
            }

            Assert.Equal((long.MaxValue, 0L), (expiries.Earliest, expiries.Bytes));
        }
    }

    [Fact]
    public void Only_due_slots_of_the_chunk_leave_a_set()
    {
        var expiries = new Expiries();
        expiries.Set(3, 10);
        expiries.Set(64, 11);
        expiries.Set(SlotChunks.Slots + 3, 10);
        ulong[] words = [ulong.MaxValue, ulong.MaxValue];
        expiries.Exclude(0, 9, words);
        Assert.Equal([ulong.MaxValue, ulong.MaxValue], words);
        expiries.Exclude(0, 10, words);
        Assert.Equal([~8UL, ulong.MaxValue], words);
        expiries.Exclude(0, 11, words.AsSpan(0, 1)); // the second word is another's
        Assert.Equal([~8UL, ulong.MaxValue], words);
    }

    private static void Check(Expiries expiries, Dictionary<uint, long> model, long nowMs, string where)
    {
        uint[] expected = [.. model.Where(pair => pair.Value <= nowMs).Select(pair => pair.Key).Order()];
        Assert.True(expected.SequenceEqual(expiries.Due(nowMs)), where);
        Assert.True(model.Values.DefaultIfEmpty(long.MaxValue).Min() == expiries.Earliest, where);
        Assert.True(Math.Min(expected.Length, 3) == expiries.CountDue(nowMs, 3), where);
        foreach (uint slot in (uint[])[.. model.Keys.Take(5), 1, 200_000])
        {
            Assert.True((model.TryGetValue(slot, out long time) && time <= nowMs) == expiries.IsDue(slot, nowMs), where);
            Assert.True(model.ContainsKey(slot) == expiries.Has(slot), where);
        }
    }
}
