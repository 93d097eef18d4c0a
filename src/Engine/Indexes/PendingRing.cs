namespace Hypervex.Indexes;

/// <summary>
/// The slots whose rows wait for linking, oldest first, in a ring. One thread appends, many claim and complete in any order;
/// readers take a copy of all that may not be linked yet.
/// </summary>
/// <remarks>
/// Positions count up from 0 and are taken modulo the capacity. Invariant: head &lt;= claimed &lt;= tail &lt;= head + capacity;
/// every position below head is complete.
/// Thread safety: <see cref="TryAppend"/> from one thread at a time, all others from any thread.
/// </remarks>
internal sealed unsafe class PendingRing
{
    private readonly uint[] _slots;
    private readonly bool[] _complete;
    private readonly Lock _completing = new();
    private long _head;
    private long _claimed;
    private long _tail;

    /// <summary>Creates an empty ring.</summary>
    /// <param name="capacity">Greatest number of waiting slots, a power of two.</param>
    public PendingRing(int capacity)
    {
        _slots = new uint[capacity];
        _complete = new bool[capacity];
    }

    /// <summary>Greatest number of waiting slots.</summary>
    public int Capacity => _slots.Length;

    /// <summary>Positions below it are complete.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>The position that the next slot gets.</summary>
    public long Tail => Volatile.Read(ref _tail);

    /// <summary>Slots that are not known to be complete.</summary>
    public int Count => (int)(Volatile.Read(ref _tail) - Volatile.Read(ref _head));

    /// <summary>Slots that nobody has claimed.</summary>
    public int Unclaimed => (int)(Volatile.Read(ref _tail) - Volatile.Read(ref _claimed));

    /// <summary>Appends a slot; false when the ring is full.</summary>
    public bool TryAppend(uint slot)
    {
        long tail = _tail;
        if (tail - Volatile.Read(ref _head) >= Capacity)
        {
            return false;
        }

        _slots[tail & (Capacity - 1)] = slot;
        Volatile.Write(ref _tail, tail + 1);
        return true;
    }

    /// <summary>Takes the oldest slot that nobody has claimed; the caller completes it.</summary>
    public bool TryClaim(out uint slot, out long position)
    {
        while (true)
        {
            position = Volatile.Read(ref _claimed);
            if (position >= Volatile.Read(ref _tail))
            {
                slot = 0;
                return false;
            }

            // Cannot be overwritten before it is completed, which only the one who claims it can do.
            slot = Volatile.Read(ref _slots[position & (Capacity - 1)]);
            if (Interlocked.CompareExchange(ref _claimed, position + 1, position) == position)
            {
                return true;
            }
        }
    }

    /// <summary>Notes that a claimed slot needs no scanning any more.</summary>
    public void Complete(long position)
    {
        lock (_completing)
        {
            _complete[position & (Capacity - 1)] = true;
            long head = _head;
            while (head < _claimed && _complete[head & (Capacity - 1)])
            {
                _complete[head & (Capacity - 1)] = false;
                head++;
            }

            Volatile.Write(ref _head, head);
        }
    }

    /// <summary>Copies every slot that was appended before the call and is not complete after it, and perhaps some that are.</summary>
    /// <param name="slots">uint32[<see cref="Capacity"/>].</param>
    /// <returns>The number of slots.</returns>
    public int CopyTo(uint* slots)
    {
        long head = Volatile.Read(ref _head);
        long tail = Volatile.Read(ref _tail);

        // The head may have moved on before the tail was read; what lies a whole ring behind is complete.
        head = Math.Max(head, tail - Capacity);
        for (long position = head; position < tail; position++)
        {
            slots[position - head] = Volatile.Read(ref _slots[position & (Capacity - 1)]);
        }

        // What was completed meanwhile may have been overwritten by later slots: it is linked, leave it out.
        Interlocked.MemoryBarrier();
        long passed = Math.Min(Volatile.Read(ref _head), tail) - head;
        int count = (int)(tail - head - passed);
        Buffer.MemoryCopy(slots + passed, slots, (long)count * sizeof(uint), (long)count * sizeof(uint));
        return count;
    }
}
