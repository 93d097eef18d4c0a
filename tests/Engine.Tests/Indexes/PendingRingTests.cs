using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed class PendingRingTests
{
    [Fact]
    public void Slots_are_claimed_oldest_first_and_leave_when_all_before_them_are_complete()
    {
        var ring = new PendingRing(4, limit: 4);
        for (uint slot = 10; slot < 14; slot++)
        {
            Assert.True(ring.TryAppend(slot));
        }

        Assert.False(ring.TryAppend(14));
        Assert.True(ring.TryClaim(out uint first, out long firstPosition));
        Assert.True(ring.TryClaim(out uint second, out long secondPosition));
        Assert.Equal((10u, 11u), (first, second));
        ring.Complete(secondPosition);
        Assert.Equal([10, 11, 12, 13], Copy(ring));
        ring.Complete(firstPosition);
        Assert.Equal([12, 13], Copy(ring));
        Assert.True(ring.TryAppend(14));
        Assert.Equal([12, 13, 14], Copy(ring));
    }

    [Fact]
    public void It_grows_up_to_its_limit_and_becomes_small_when_it_is_empty()
    {
        var ring = new PendingRing(4, limit: 100);
        long small = ring.Bytes;
        for (uint round = 0; round < 3; round++)
        {
            for (uint slot = 0; slot < 100; slot++)
            {
                Assert.True(ring.TryAppend(slot));
            }

            Assert.False(ring.TryAppend(100));
            Assert.Equal(Enumerable.Range(0, 100).Select(slot => (uint)slot), Copy(ring));
            Assert.InRange(ring.Bytes, small + 1, 128 / 4 * small);
            for (uint slot = 0; slot < 100; slot++)
            {
                Assert.True(ring.TryClaim(out uint claimed, out long position));
                Assert.Equal(slot, claimed);
                ring.Complete(position);
            }

            Assert.Empty(Copy(ring));
        }

        Assert.True(ring.TryAppend(7));
        Assert.Equal(small, ring.Bytes);
        Assert.Equal([7u], Copy(ring));
    }

    [Fact]
    public void Beyond_the_limit_as_many_may_wait_as_did_until_half_the_limit_does()
    {
        var ring = new PendingRing(4, limit: 8);
        for (uint slot = 0; slot < 20; slot++)
        {
            ring.AppendBeyondLimit(slot);
        }

        Assert.Equal((20, 20), (ring.Most, ring.Count));
        Assert.Equal(Enumerable.Range(0, 20).Select(slot => (uint)slot), Copy(ring));
        Assert.False(ring.TryAppend(20));
        CompleteNext(ring, 1);
        Assert.True(ring.TryAppend(20));
        Assert.False(ring.TryAppend(21));
        CompleteNext(ring, 15);
        Assert.Equal(5, ring.Count);
        Assert.True(ring.TryAppend(21));
        Assert.Equal(20, ring.Most);
        CompleteNext(ring, 2);
        Assert.True(ring.TryAppend(22));
        Assert.Equal((8, 5), (ring.Most, ring.Count));
        Assert.Equal([18u, 19, 20, 21, 22], Copy(ring));
    }

    [Fact]
    public void What_is_complete_before_its_turn_stays_so_when_the_ring_grows()
    {
        var ring = new PendingRing(2, limit: 8);
        Assert.True(ring.TryAppend(1));
        Assert.True(ring.TryAppend(2));
        Assert.True(ring.TryClaim(out _, out long first));
        Assert.True(ring.TryClaim(out _, out long second));
        ring.Complete(second);
        Assert.True(ring.TryAppend(3));
        ring.Complete(first);
        Assert.Equal([3u], Copy(ring));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(1000)]
    public async Task A_copy_holds_every_slot_that_is_not_complete(int limit)
    {
        var ring = new PendingRing(16, limit);
        const uint Last = 200_000;
        long completed = -1;
        Task linker = Task.Run(() =>
        {
            for (uint expected = 0; expected < Last;)
            {
                if (ring.TryClaim(out uint slot, out long position))
                {
                    Assert.Equal(expected++, slot);
                    Volatile.Write(ref completed, slot);
                    ring.Complete(position);
                }
            }
        });
        Task reader = Task.Run(() =>
        {
            while (Volatile.Read(ref completed) < Last - 1)
            {
                uint[] slots = Copy(ring);
                long done = Volatile.Read(ref completed);
                Assert.Equal(Enumerable.Range(0, slots.Length).Select(i => slots[0] + (uint)i), slots);
                Assert.True(slots.Length == 0 || slots[0] <= done + 1);
            }
        });
        for (uint slot = 0; slot < Last;)
        {
            slot += ring.TryAppend(slot) ? 1u : 0;
        }

        await Task.WhenAll(linker, reader);
    }

    private static void CompleteNext(PendingRing ring, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(ring.TryClaim(out _, out long position));
            ring.Complete(position);
        }
    }

    private static uint[] Copy(PendingRing ring)
    {
        using var buffer = new NativeBuffer<uint>();
        return ring.CopyTo(buffer).ToArray();
    }
}
