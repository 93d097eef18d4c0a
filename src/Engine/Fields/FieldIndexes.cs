using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// The field indexes of a partition. They are changed where a record becomes visible, each change of a record in all of them at once; a filter is
/// matched chunk by chunk, each chunk against all of them at one moment. So no filter ever sees half of a change of one slot.
/// Thread safety: adding, dropping, building and changes from one thread at a time (while nothing else is applied); matching and states from any
/// thread. Whoever matches holds writers up for one chunk of 65,536 slots: some microseconds for each condition.
/// </summary>
internal sealed class FieldIndexes : IDisposable
{
    /// <summary>A slot in all sets of bits, and a number or point.</summary>
    private const int BytesPerRecord = 20;

    /// <summary>An item of an array takes at least 5 bytes of metadata, and a posting here when nobody else has its value.</summary>
    private const int BytesPerMetadataByte = 48;

    /// <summary>A token of a text takes at least 2 bytes of metadata.</summary>
    private const int BytesPerTextByte = 112;

    private const long GrowthSteps = 4 * 1024;

    /// <summary>Columns of a chunk that grow to their last size, with those that they replace.</summary>
    private const long LargestGrowth = 2 * 1024 * 1024;

    private readonly ReaderWriterLockSlim _changing = new();
    private BuiltIndex[] _indexes = [];
    private long _bytes;
    private int _generation;
    private ChunkedBits? _changed;

    /// <summary>Changes when indexes are declared or dropped: one that was dropped is not kept right any more.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Memory held, in bytes, as of the last change.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>When records expire. Read it inside of <see cref="Read"/>, but for what it says is safe.</summary>
    public Expiries Expiries { get; } = new();

    /// <summary>The indexes, in order of their declaration.</summary>
    public IReadOnlyList<BuiltIndex> All => Volatile.Read(ref _indexes);

    /// <summary>The first index that is still being built; null when none is.</summary>
    public BuiltIndex? Unfinished => Array.Find(Volatile.Read(ref _indexes), index => !index.IsReady && index.Problem is null);

    private BuiltIndex[] Indexes => Volatile.Read(ref _indexes);

    /// <summary>Starts and drops indexes, so that they are the declared ones.</summary>
    public void Declare(IEnumerable<(string Field, FieldIndexType Type)> declared)
    {
        BuiltIndex[] before = Indexes;
        BuiltIndex[] after = [.. declared.Select(one => Array.Find(before, index => index.Values.Field == one.Field && index.Type == one.Type) ?? BuiltIndex.Create(one.Field, one.Type))];
        Volatile.Write(ref _indexes, after);
        Volatile.Write(ref _generation, _generation + 1);
        CountBytes();
    }

    /// <summary>Gives up an index that cannot be built, and its memory.</summary>
    public void GiveUp(BuiltIndex index, string problem)
    {
        BuiltIndex empty = BuiltIndex.Create(index.Values.Field, index.Type);
        empty.Problem = problem;
        Volatile.Write(ref _indexes, [.. Indexes.Select(one => one == index ? empty : one)]);
        CountBytes();
    }

    /// <summary>Bytes of memory that adding records takes, at most.</summary>
    /// <param name="records">How many.</param>
    /// <param name="metadataBytes">Bytes of their metadata.</param>
    /// <param name="expiring">How many of them expire.</param>
    public long BytesFor(long records, long metadataBytes, long expiring = 0)
    {
        long times = expiring == 0 ? 0 : Expiries.LargestGrowth + (expiring * sizeof(long));
        long bytes = 0;
        foreach (BuiltIndex index in Indexes)
        {
            bytes += GrowthSteps + Math.Min(LargestGrowth, index.Values.Bytes) + (records * BytesPerRecord);
        }

        return times + (bytes == 0 ? 0 : bytes + (metadataBytes * (Array.Exists(Indexes, index => index.Type == FieldIndexType.Text) ? BytesPerTextByte : BytesPerMetadataByte)));
    }

    /// <summary>The index of a field if filters can use it; else null.</summary>
    public BuiltIndex? FindReady(string field) => Array.Find(Indexes, index => index.IsReady && index.Values.Field == field);

    /// <summary>A filter as it is meant with the fields that are declared as datetime.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: a date is compared with what is none.</exception>
    public Filter Bind(Filter filter)
    {
        BuiltIndex[] indexes = Indexes;
        return Array.Exists(indexes, index => index.Type == FieldIndexType.Datetime)
            ? filter.OnDates(name => Array.Exists(indexes, index => index.Type == FieldIndexType.Datetime && index.Values.Field == name))
            : filter;
    }

    /// <summary>A record is about to become visible in a slot: from then on it may have expired.</summary>
    public void Expect(uint slot, long expiresAtMs)
    {
        if (expiresAtMs == 0)
        {
            return;
        }

        _changing.EnterWriteLock();
        try
        {
            Expiries.Set(slot, expiresAtMs);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>The record that was expected in a slot does not come to it.</summary>
    public void ExpectNone(uint slot)
    {
        if (!Expiries.Has(slot))
        {
            return;
        }

        _changing.EnterWriteLock();
        try
        {
            Expiries.Set(slot, 0);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>A record has come to a slot.</summary>
    public void Add(uint slot, ReadOnlySpan<byte> metadata, long expiresAtMs = 0)
    {
        if (IsIdle(expiresAtMs))
        {
            return;
        }

        _changing.EnterWriteLock();
        try
        {
            Expiries.Set(slot, expiresAtMs);
            _changed?.Set(slot);
            foreach (BuiltIndex index in Indexes)
            {
                AddTo(index, slot, metadata);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>A record has gone from a slot.</summary>
    public void Remove(uint slot, ReadOnlySpan<byte> metadata)
    {
        if (IsIdle(0))
        {
            return;
        }

        _changing.EnterWriteLock();
        try
        {
            Expiries.Set(slot, 0);
            _changed?.Set(slot);
            foreach (BuiltIndex index in Indexes)
            {
                RemoveFrom(index, slot, metadata);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>A record has got other metadata, or expires at another time, or has got another slot.</summary>
    public void Replace(uint oldSlot, ReadOnlySpan<byte> oldMetadata, uint newSlot, ReadOnlySpan<byte> newMetadata, long expiresAtMs = 0)
    {
        if (IsIdle(expiresAtMs))
        {
            return;
        }

        _changing.EnterWriteLock();
        try
        {
            Expiries.Set(newSlot, expiresAtMs);
            if (oldSlot != newSlot)
            {
                Expiries.Set(oldSlot, 0);
            }

            _changed?.Set(oldSlot);
            _changed?.Set(newSlot);
            foreach (BuiltIndex index in Indexes)
            {
                if (oldSlot != newSlot || !index.Values.IsSame(oldMetadata, newMetadata))
                {
                    RemoveFrom(index, oldSlot, oldMetadata);
                    AddTo(index, newSlot, newMetadata);
                }
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Adds a live slot to an index that is being built.</summary>
    public void Build(BuiltIndex index, uint slot, ReadOnlySpan<byte> metadata)
    {
        _changing.EnterWriteLock();
        try
        {
            index.Values.Add(slot, metadata);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// From here on it is noted which slots change, until <see cref="EndSaving"/>: what <see cref="Save"/> writes of the others is what they hold now. While
    /// nothing is applied, and no operation has been applied behind the one that "now" stands for.
    /// </summary>
    /// <returns>The indexes that can be saved.</returns>
    public IReadOnlyList<BuiltIndex> BeginSaving()
    {
        BuiltIndex[] ready = [.. Indexes.Where(index => index.IsReady)];
        Volatile.Write(ref _changed, ready.Length == 0 ? null : new ChunkedBits());
        return ready;
    }

    /// <summary>Writes an index that <see cref="BeginSaving"/> named, and the slots that have changed since; changes go on, and it may even be dropped.</summary>
    public void Save(BuiltIndex index, Stream stream) =>
        ValueSnapshot.Save(new ValueWriter(stream, _changing), index, _changed ?? throw new InvalidOperationException("Nobody notes what changes."));

    /// <summary>Ends what <see cref="BeginSaving"/> began.</summary>
    public void EndSaving() => Volatile.Write(ref _changed, null);

    /// <summary>Takes over what a checkpoint holds of an index that was declared. While nothing is applied and nobody reads.</summary>
    public void Use(BuiltIndex declared, ValueIndex loaded)
    {
        var ready = new BuiltIndex(declared.Type, loaded) { IsSaved = true };
        ready.Finish();
        Volatile.Write(ref _indexes, [.. Indexes.Select(one => one == declared ? ready : one)]);
        CountBytes();
    }

    /// <summary>Gives up everything that was taken over: it is built anew. While nothing is applied and nobody reads.</summary>
    public void StartAnew()
    {
        Volatile.Write(ref _indexes, [.. Indexes.Select(one => BuiltIndex.Create(one.Values.Field, one.Type))]);
        CountBytes();
    }

    /// <summary>Runs a reading step while nothing changes.</summary>
    public void Read(Action step)
    {
        _changing.EnterReadLock();
        try
        {
            step();
        }
        finally
        {
            _changing.ExitReadLock();
        }
    }

    /// <summary>What the indexes hold and how far they are.</summary>
    public IReadOnlyList<FieldIndexState> States(uint slots)
    {
        FieldIndexState[] states = [];
        Read(() => states = [.. Indexes.Select(index => index.State(slots))]);
        return states;
    }

    /// <summary>How to find the slots that match a filter; null when no index helps.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="warnings">Receives a sentence for each field that has no index.</param>
    /// <remarks>What the plan finds surely has not expired; of what the record decides, the record says that too.</remarks>
    public FilterPlan? Plan(Filter filter, List<string>? warnings) => FilterPlan.Create(this, _changing, filter, warnings);

    public void Dispose() => _changing.Dispose();

    private static void AddTo(BuiltIndex index, uint slot, ReadOnlySpan<byte> metadata)
    {
        if (slot < index.BuiltUpTo)
        {
            index.Values.Add(slot, metadata);
        }
    }

    private static void RemoveFrom(BuiltIndex index, uint slot, ReadOnlySpan<byte> metadata)
    {
        if (slot < index.BuiltUpTo)
        {
            index.Values.Remove(slot, metadata);
        }
    }

    /// <summary>Whether a change leaves nothing to do: there is no index, and nothing expires.</summary>
    private bool IsIdle(long expiresAtMs) =>
        Indexes.Length == 0 && Volatile.Read(ref _changed) is null && expiresAtMs == 0 && Expiries.Earliest == long.MaxValue;

    private void Leave()
    {
        CountBytes();
        _changing.ExitWriteLock();
    }

    private void CountBytes()
    {
        long bytes = Expiries.Bytes + (_changed?.Bytes ?? 0);
        foreach (BuiltIndex index in Indexes)
        {
            bytes += index.Values.Bytes;
        }

        Volatile.Write(ref _bytes, bytes);
    }
}
