namespace Hypervex.Indexes;

/// <summary>
/// The slots whose rows wait for linking, oldest first, in a ring that grows up to a limit and becomes small again when it is empty. One thread appends,
/// many claim and complete in any order; readers take a copy of all that may not be linked yet. While a collection opens more may be appended than the limit says: then
/// as many may wait as did, until half the limit does.
/// </summary>
/// <remarks>
/// Positions count up from 0 and are taken modulo the ring's size. Invariants: (1) head &lt;= claimed &lt;= tail &lt;= head + <see cref="Most"/>; (2) every position below
/// head is complete; (3) a ring that is replaced is not written to any more, and its successor holds every position from the head on.
/// Thread safety: <see cref="TryAppend"/> and <see cref="AppendBeyondLimit"/> from one thread at a time, all others from any thread.
/// </remarks>
internal sealed unsafe class PendingRing
{
    private const int BytesPerPlace = sizeof(uint) + sizeof(bool);

    private readonly int _smallest;
    private readonly Lock _completing = new();
    private Ring _ring;
    private long _head;
    private long _claimed;
    private long _tail;
    private int _most;

    /// <summary>Creates an empty ring.</summary>
    /// <param name="smallest">Places at first, a power of two.</param>
    /// <param name="limit">Greatest number of slots that <see cref="TryAppend"/> lets wait.</param>
    public PendingRing(int smallest, int limit)
    {
        _smallest = smallest;
        Limit = limit;
        _most = limit;
        _ring = new Ring(smallest);
    }

    private sealed class Ring(int size)
    {
        private readonly int _mask = size - 1;
        private readonly uint[] _slots = new uint[size];
        private readonly bool[] _complete = new bool[size];

        public int Size => _slots.Length;

        public ref uint Slot(long position) => ref _slots[position & _mask];

        public ref bool Complete(long position) => ref _complete[position & _mask];
    }

    /// <summary>Greatest number of waiting slots, except after <see cref="AppendBeyondLimit"/>.</summary>
    public int Limit { get; }

    /// <summary>Greatest number of waiting slots now: the limit, or as many as <see cref="AppendBeyondLimit"/> made wait.</summary>
    public int Most => Volatile.Read(ref _most);

    /// <summary>Memory held.</summary>
    public long Bytes => (long)Volatile.Read(ref _ring).Size * BytesPerPlace;

    /// <summary>Positions below it are complete.</summary>
    public long Head => Volatile.Read(ref _head);

    /// <summary>The position that the next slot gets.</summary>
    public long Tail => Volatile.Read(ref _tail);

    /// <summary>Slots that are not known to be complete.</summary>
    public int Count => (int)(Volatile.Read(ref _tail) - Volatile.Read(ref _head));

    /// <summary>Slots that nobody has claimed.</summary>
    public int Unclaimed => (int)(Volatile.Read(ref _tail) - Volatile.Read(ref _claimed));

    /// <summary>Appends a slot; false when as many wait as may.</summary>
    public bool TryAppend(uint slot)
    {
        long waiting = _tail - Volatile.Read(ref _head);
        if (waiting <= Limit / 2)
        {
            Volatile.Write(ref _most, Limit);
        }
        else if (waiting >= _most)
        {
            return false;
        }

        Append(slot, waiting);
        return true;
    }

    /// <summary>Appends a slot, however many wait. While a collection opens: nobody is there yet whom they could hold up.</summary>
    public void AppendBeyondLimit(uint slot)
    {
        long waiting = _tail - Volatile.Read(ref _head);
        Volatile.Write(ref _most, (int)Math.Max(Limit, waiting + 1));
        Append(slot, waiting);
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

            // The ring is read after the tail, so that it holds the position; which cannot be overwritten before it is completed, which only the one
            // who claims it can do.
            slot = Volatile.Read(ref Volatile.Read(ref _ring).Slot(position));
            Delays.Here();
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
            Ring ring = _ring;
            ring.Complete(position) = true;
            long head = _head;
            while (head < _claimed && ring.Complete(head))
            {
                ring.Complete(head) = false;
                head++;
            }

            Volatile.Write(ref _head, head);
        }
    }

    /// <summary>Copies every slot that was appended before the call and is not complete after it, and perhaps some that are.</summary>
    /// <param name="target">Receives the slots.</param>
    /// <param name="more">Elements that shall fit behind them.</param>
    /// <returns>The slots, valid until the next use of the target.</returns>
    public Span<uint> CopyTo(NativeBuffer<uint> target, int more = 0)
    {
        long head = Volatile.Read(ref _head);
        Delays.Here();
        long tail = Volatile.Read(ref _tail);
        Delays.Here();
        Ring ring = Volatile.Read(ref _ring); // after the tail: it holds all that is not complete

        // The head may have moved on before the tail was read; what lies a whole ring behind is complete.
        head = Math.Max(head, tail - ring.Size);
        uint* slots = target.Take((int)(tail - head) + more);
        for (long position = head; position < tail; position++)
        {
            slots[position - head] = Volatile.Read(ref ring.Slot(position));
        }

        // What was completed meanwhile may have been overwritten by later slots: it is linked, leave it out.
        Delays.Here();
        Interlocked.MemoryBarrier();
        long passed = Math.Clamp(Volatile.Read(ref _head) - head, 0, tail - head);
        return new Span<uint>(slots + passed, (int)(tail - head - passed));
    }

    /// <param name="slot">The slot.</param>
    /// <param name="waiting">How many wait, or did a moment ago: the head goes on meanwhile, so never fewer than now.</param>
    private void Append(uint slot, long waiting)
    {
        if (waiting == _ring.Size)
        {
            Replace(_ring.Size * 2);
        }
        else if (waiting == 0 && _ring.Size > _smallest)
        {
            Replace(_smallest);
        }

        _ring.Slot(_tail) = slot;
        Delays.Here();
        Volatile.Write(ref _tail, _tail + 1);
    }

    private void Replace(int size)
    {
        lock (_completing)
        {
            var ring = new Ring(size);
            for (long position = _head; position < _tail; position++)
            {
                ring.Slot(position) = _ring.Slot(position);
                ring.Complete(position) = _ring.Complete(position);
            }

            Volatile.Write(ref _ring, ring);
        }
    }
}
