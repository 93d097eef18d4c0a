using Hypervex.Fields;

namespace Hypervex.Engine.Tests.Fields;

public sealed class PostingTests
{
    private const int Seed = 7;

    [Theory]
    [InlineData(3)]
    [InlineData(2_000)]
    [InlineData(200_000)]
    public void A_posting_holds_what_was_added_and_not_removed(int range)
    {
        var random = new Random(Seed);
        var posting = new Posting([1, 2, 3]);
        var expected = new HashSet<uint>();
        for (int i = 0; i < 60_000; i++)
        {
            uint slot = (uint)random.Next(range);
            bool adds = random.Next(10) < (i / 10_000 % 2 == 0 ? 8 : 2); // it grows into bits and shrinks back into places
            if (adds)
            {
                posting.Add(slot);
                expected.Add(slot);
            }
            else
            {
                posting.Remove(slot);
                expected.Remove(slot);
            }

            if (i % 5_000 == 4_999)
            {
                Assert.Equal(expected.Count, posting.Count);
                Assert.Equal(expected.Order(), SlotsOf(posting, range));
                Assert.True(posting.Bytes >= 160, $"{posting.Bytes} bytes");
            }
        }
    }

    [Fact]
    public void A_posting_that_is_emptied_gives_its_memory_back()
    {
        var posting = new Posting([]);
        long empty = posting.Bytes;
        for (uint slot = 0; slot < 300_000; slot += 3)
        {
            posting.Add(slot);
        }

        Assert.True(posting.Bytes < 300_000 / 3 * 2.2, $"{posting.Bytes} bytes for 100,000 slots");
        for (uint slot = 0; slot < 300_000; slot += 3)
        {
            posting.Remove(slot);
        }

        Assert.Equal((0, empty), (posting.Count, posting.Bytes));
    }

    private static List<uint> SlotsOf(Posting posting, int range)
    {
        var slots = new List<uint>();
        for (int chunk = 0; chunk < SlotChunks.Count((uint)range); chunk++)
        {
            ulong[] words = new ulong[SlotChunks.Words];
            posting.Or(chunk, words);
            for (int place = 0; place < SlotChunks.Slots; place++)
            {
                if ((words[place >> 6] >> (place & 63) & 1) != 0)
                {
                    slots.Add((uint)((chunk * SlotChunks.Slots) + place));
                }
            }
        }

        return slots;
    }
}
