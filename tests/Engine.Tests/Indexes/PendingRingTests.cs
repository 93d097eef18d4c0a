using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

public sealed class PendingRingTests
{
    [Fact]
    public void Slots_are_claimed_oldest_first_and_leave_when_all_before_them_are_complete()
    {
        var ring = new PendingRing(4);
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
    public async Task A_copy_holds_every_slot_that_is_not_complete()
    {
        var ring = new PendingRing(16);
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

    private static unsafe uint[] Copy(PendingRing ring)
    {
        uint* slots = stackalloc uint[ring.Capacity];
        return new ReadOnlySpan<uint>(slots, ring.CopyTo(slots)).ToArray();
    }
}
