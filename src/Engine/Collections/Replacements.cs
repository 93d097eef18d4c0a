namespace Hypervex.Collections;

/// <summary>
/// The rows that took the place of others most recently: a record's new row that of its old one, or a new record the slot of one that has gone. A search
/// that overlaps a replacement may have passed the new row's place before it was there and the old row's after it had gone, or hold a slot as that of
/// the record before; with this it looks at the new row itself.
/// Layout: a ring of slots, written by the applier before a replacement begins. Invariant: finished &lt;= started &lt;= finished + 1.
/// Thread safety: one writer, any readers.
/// </summary>
internal sealed class Replacements
{
    /// <summary>A search during which more rows than this were replaced is repeated.</summary>
    private const int Capacity = 1024;

    /// <summary>Who copies has room for so many.</summary>
    public const int MostCopied = 256;

    private readonly uint[] _slots = new uint[Capacity];
    private long _started;
    private long _finished;

    /// <summary>Where a search that starts now has to look from, when it has ended.</summary>
    public long Finished => Volatile.Read(ref _finished);

    /// <summary>How many replacements have begun.</summary>
    public long Started => Volatile.Read(ref _started);

    public void Begin(uint newSlot)
    {
        _slots[_started % Capacity] = newSlot;
        Volatile.Write(ref _started, _started + 1);
    }

    /// <summary>Ends the replacement that has begun, if one has.</summary>
    public void End() => Volatile.Write(ref _finished, _started);

    /// <summary>Copies the new slots of replacements since a position; false when too many were made to tell.</summary>
    public bool TryCopySince(long position, Span<uint> slots, out int count)
    {
        long started = Volatile.Read(ref _started);
        count = 0;
        if (started - position > slots.Length)
        {
            return false;
        }

        for (long i = position; i < started; i++)
        {
            slots[count++] = Volatile.Read(ref _slots[i % Capacity]);
        }

        return Volatile.Read(ref _started) - position < Capacity;
    }
}
