using System.Buffers;
using System.Numerics;
using Hypervex.Fields;
using Hypervex.Indexes;
using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The slots whose records satisfy a filter: by field indexes where there are any, and by reading the records about which these cannot tell. Rows that
/// take another's place meanwhile are looked at again (<see cref="Replacements"/>): in the end each bit is right as of a moment after the beginning, for
/// every slot whose record did not change from then to <see cref="Since"/>.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class MatchingSlots : IDisposable
{
    private const int ReadsBetweenLooks = 256;

    private const int Attempts = 4;

    /// <summary>Room for this many slots that come meanwhile.</summary>
    private const int SpareSlots = 4096;

    private static readonly Filter s_everything = Filter.Create(FilterGroup.Everything);

    private readonly Partition _partition;
    private readonly Filter _filter;
    private ulong[] _words = [];
    private int _length;
    private long _began;
    private ulong _appliedAtFirst;
    private readonly bool _isEverything;
    private bool _reads = true;

    private MatchingSlots(Partition partition, Filter? filter)
    {
        _partition = partition;
        _isEverything = filter is null;
        filter ??= s_everything;
        _filter = partition.FieldIndexes.Bind(filter);
    }

    /// <summary>The filter as it is meant in the collection: for whoever looks at a record again.</summary>
    public Filter Filter => _filter;

    /// <summary>The slots.</summary>
    public SlotSet Set => new(_words.AsMemory(0, _length), Count);

    /// <summary>Records that had expired by then, in milliseconds since the Unix epoch, are not among them.</summary>
    public long NowMs { get; private set; }

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>Replacements up to here have been looked at.</summary>
    public long Since { get; private set; }

    /// <summary>About how many were expected; null when no index could tell.</summary>
    public long? Estimate { get; private set; }

    /// <summary>Records that were read to decide.</summary>
    public long RecordsRead { get; private set; }

    /// <summary>Finds the slots.</summary>
    /// <param name="partition">Where.</param>
    /// <param name="filter">The filter; null = all slots whose record has not expired, and slots without one.</param>
    /// <param name="warnings">Receives a sentence for each field without an index; null = nobody wants to know.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static MatchingSlots Find(Partition partition, Filter? filter, List<string>? warnings, CancellationToken cancellationToken)
    {
        var slots = new MatchingSlots(partition, filter);
        try
        {
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                warnings?.Clear();
                if (slots.TryFill(warnings, cancellationToken))
                {
                    return slots;
                }
            }

            lock (partition.Still)
            {
                slots.TryFill(warnings, cancellationToken);
                return slots;
            }
        }
        catch
        {
            slots.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Finds the slots that may match, without reading records but those of rows that took another's place; null when no index helps. For a listing,
    /// which reads the records anyway.
    /// </summary>
    public static MatchingSlots? FindPossible(Partition partition, Filter filter)
    {
        if (partition.FieldIndexes.Plan(filter, null) is null)
        {
            return null;
        }

        var slots = new MatchingSlots(partition, filter) { _reads = false };
        slots.Renew();
        return slots;
    }

    /// <summary>Brings the slots up to now.</summary>
    public void Renew()
    {
        if (_length > 0 && TryRefresh())
        {
            return;
        }

        lock (_partition.Still)
        {
            TryFill(null, CancellationToken.None);
        }
    }

    /// <summary>
    /// Whether a record that was found before the last <see cref="Renew"/> surely does not match. Of one that has left its slot since then, or was created after
    /// the slots were found, nothing is known.
    /// </summary>
    public bool LeavesOut(RecordTable.Found record, ulong createdSequence) =>
        createdSequence <= _appliedAtFirst
        && !SlotSet.Contains(_words.AsSpan(0, _length), record.Slot)
        && _partition.Records.TryGet(record.Slot, out RecordTable.Found now)
        && now == record;

    /// <summary>Looks again at rows that took another's place since the last look; false when they were too many to tell.</summary>
    public bool TryRefresh()
    {
        long finished = _partition.Replacements.Finished;
        Delays.Here();
        if (_partition.Replacements.Started == Since)
        {
            return true;
        }

        Span<uint> slots = stackalloc uint[Replacements.MostCopied];
        if (!_partition.Replacements.TryCopySince(Since, slots, out int count))
        {
            return false;
        }

        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            foreach (uint slot in slots[..count])
            {
                Decide(slot, buffer);
            }
        }
        finally
        {
            buffer.Return();
        }

        Since = finished;
        return true;
    }

    /// <summary>How many records match, each counted once though it may have had two slots one after the other.</summary>
    public long CountRecords()
    {
        for (int attempt = 0; attempt < Attempts && TryRefresh(); attempt++)
        {
            long count = CountLive();
            if (_partition.Replacements.Started == Since)
            {
                return count;
            }
        }

        lock (_partition.Still)
        {
            Renew();
            return CountLive();
        }
    }

    public void Dispose()
    {
        ulong[] words = _words;
        _words = [];
        _length = 0;
        if (words.Length > 0)
        {
            ArrayPool<ulong>.Shared.Return(words);
        }
    }

    // Slots that records have left meanwhile are still in the set.
    private long CountLive()
    {
        if (_partition.Replacements.Started == _began)
        {
            return Count;
        }

        long count = 0;
        for (int word = 0; word < _length; word++)
        {
            for (ulong rest = _words[word]; rest != 0; rest &= rest - 1)
            {
                Delays.Here();
                count += _partition.Records.TryGet(((uint)word * 64) + (uint)BitOperations.TrailingZeroCount(rest), out _) ? 1 : 0;
            }
        }

        return count;
    }

    private bool TryFill(List<string>? warnings, CancellationToken cancellationToken)
    {
        _began = _partition.Replacements.Finished;
        Since = _began;
        NowMs = _partition.NowMs;
        RecordsRead = 0;
        _appliedAtFirst = _partition.AppliedSequence;
        int words = (int)((_partition.Records.SlotCount + SpareSlots) / 64) + 1;
        _length = 0;
        Rent(words);
        ulong[] maybe = ArrayPool<ulong>.Shared.Rent(words);
        try
        {
            Span<ulong> undecided = maybe.AsSpan(0, words);
            FilterPlan? plan = _isEverything ? null : _partition.FieldIndexes.Plan(_filter, warnings);
            Estimate = plan?.EstimatedMatches;
            if (_isEverything)
            {
                FillUnexpired(words);
                undecided.Clear();
            }
            else if (plan is null)
            {
                undecided.Fill(ulong.MaxValue);
            }
            else if (!plan.TryMatch(_words.AsSpan(0, words), undecided, NowMs, cancellationToken))
            {
                return false;
            }

            if (!_reads)
            {
                SlotChunks.Or(_words, undecided);
            }
            else if (!TryDecide(undecided, cancellationToken))
            {
                return false;
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(maybe);
        }

        Delays.Here();
        if (!TryRefresh())
        {
            return false;
        }

        Delays.Here();
        Count = 0;
        foreach (ulong word in _words.AsSpan(0, _length))
        {
            Count += BitOperations.PopCount(word);
        }

        return true;
    }

    private void FillUnexpired(int words)
    {
        _words.AsSpan(0, words).Fill(ulong.MaxValue);
        _partition.FieldIndexes.Read(() =>
        {
            for (int chunk = 0; chunk * SlotChunks.Words < words; chunk++)
            {
                int first = chunk * SlotChunks.Words;
                _partition.FieldIndexes.Expiries.Exclude(chunk, NowMs, _words.AsSpan(first, Math.Min(SlotChunks.Words, words - first)));
            }
        });
    }

    private bool TryDecide(ReadOnlySpan<ulong> undecided, CancellationToken cancellationToken)
    {
        uint slots = _partition.Records.SlotCount;
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            int untilLook = ReadsBetweenLooks;
            for (int word = 0; word < undecided.Length && (uint)word * 64 < slots; word++)
            {
                for (ulong rest = undecided[word]; rest != 0; rest &= rest - 1)
                {
                    Decide(((uint)word * 64) + (uint)BitOperations.TrailingZeroCount(rest), buffer);
                    if (--untilLook == 0)
                    {
                        untilLook = ReadsBetweenLooks;
                        cancellationToken.ThrowIfCancellationRequested();
                        if (!TryRefresh())
                        {
                            return false;
                        }
                    }
                }
            }

            return true;
        }
        finally
        {
            buffer.Return();
        }
    }

    private void Decide(uint slot, FrameBuffer buffer)
    {
        if (slot >= _partition.Records.SlotCount)
        {
            return;
        }

        Delays.Here();
        bool matches = false;
        if (_partition.Records.TryGet(slot, out RecordTable.Found found))
        {
            RecordsRead++;
            RecordBody record = _partition.Read(found, buffer, out _);
            matches = !record.Fixed.HasExpired(NowMs) && _filter.Matches(record.Metadata);
        }

        if (slot >> 6 >= (uint)_length)
        {
            if (!matches)
            {
                return;
            }

            Rent((int)(slot >> 6) + (SpareSlots / 64));
        }

        ulong bit = 1UL << (int)(slot & 63);
        ref ulong word = ref _words[slot >> 6];
        word = matches ? word | bit : word & ~bit;
    }

    /// <summary>Makes room for so many words, of which those that are there stay.</summary>
    private void Rent(int words)
    {
        if (words > _words.Length)
        {
            ulong[] more = ArrayPool<ulong>.Shared.Rent(words);
            _words.AsSpan(0, _length).CopyTo(more);
            int kept = _length;
            Dispose();
            _words = more;
            _length = kept;
        }

        _words.AsSpan(Math.Min(_length, words), Math.Max(0, words - _length)).Clear();
        _length = Math.Max(_length, words);
    }
}
