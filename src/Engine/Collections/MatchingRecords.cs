using System.Numerics;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Visits the records that match a filter while others write: each one that is there and matches throughout is visited at least once, each other one as it was at some
/// moment of the visit, if at all. Rows that took the place of others meanwhile are visited too (<see cref="Replacements"/>); where these were too many to tell, the visit begins
/// anew, and in the end runs while nothing is applied. What has expired is not there, each record as of the moment of its visit. A record may be visited twice, also in two states: who visits must not mind.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class MatchingRecords(Partition partition, Filter? filter)
{
    private const int ReadsBetweenLooks = 128;

    private const int Attempts = 4;

    private const int Rounds = 8;

    private Filter? _filter = filter is null ? null : partition.FieldIndexes.Bind(filter);
    private long _since;

    /// <summary>Hears of a record. What it is given is valid during the call.</summary>
    public delegate void Visitor(RecordTable.Found found, in RecordBody record);

    /// <summary>The filter as it is meant in the collection: for whoever looks at a record again.</summary>
    public Filter? Filter => _filter;

    /// <summary>Whether nothing is applied during the present call of the visitor: then it must not write.</summary>
    public bool IsStill { get; private set; }

    /// <summary>Visits the records.</summary>
    /// <param name="visit">Hears of them.</param>
    /// <param name="narrow">Makes of the matching slots, a bit each, the sets that are visited one after the other; null = as they are. They may leave out what need not be visited.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public void Visit(Visitor visit, Func<ulong[], IEnumerable<ulong[]>>? narrow, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (TryVisit(visit, narrow, cancellationToken))
            {
                return;
            }
        }

        Still(() => TryVisit(visit, narrow, cancellationToken));
    }

    private bool TryVisit(Visitor visit, Func<ulong[], IEnumerable<ulong[]>>? narrow, CancellationToken cancellationToken)
    {
        ulong[] words = Find(cancellationToken);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            foreach (ulong[] set in narrow is null ? [words] : narrow(words))
            {
                if (!TryVisit(set, visit, buffer, cancellationToken))
                {
                    return false;
                }
            }

            for (int round = 0; round < Rounds; round++)
            {
                long started = partition.Replacements.Started;
                if (!TryVisitReplaced(visit, buffer))
                {
                    return false;
                }

                if (partition.Replacements.Started == started)
                {
                    return true; // nothing was replaced while this looked
                }
            }

            return Still(() => TryVisitReplaced(visit, buffer));
        }
        finally
        {
            buffer.Return();
        }
    }

    private ulong[] Find(CancellationToken cancellationToken)
    {
        if (_filter is not null || partition.FieldIndexes.Expiries.Earliest <= partition.NowMs)
        {
            using var matching = MatchingSlots.Find(partition, _filter, null, cancellationToken);
            _since = matching.Since;
            _filter = _filter is null ? null : matching.Filter; // slots and records are judged by the same declarations
            return matching.Set.Words.ToArray();
        }

        _since = partition.Replacements.Finished;
        var all = new ulong[(partition.Records.SlotCount + 63) / 64];
        Array.Fill(all, ulong.MaxValue);
        return all;
    }

    private bool TryVisit(ulong[] words, Visitor visit, FrameBuffer buffer, CancellationToken cancellationToken)
    {
        int untilLook = ReadsBetweenLooks;
        for (int word = 0; word < words.Length; word++)
        {
            for (ulong rest = words[word]; rest != 0; rest &= rest - 1)
            {
                VisitSlot(((uint)word * 64) + (uint)BitOperations.TrailingZeroCount(rest), visit, buffer);
                if (--untilLook == 0)
                {
                    untilLook = ReadsBetweenLooks;
                    cancellationToken.ThrowIfCancellationRequested();
                    if (!TryVisitReplaced(visit, buffer))
                    {
                        return false;
                    }
                }
            }
        }

        return true;
    }

    /// <summary>Visits the rows that took another's place since the last look; false when they were too many to tell.</summary>
    private bool TryVisitReplaced(Visitor visit, FrameBuffer buffer)
    {
        long finished = partition.Replacements.Finished;
        if (partition.Replacements.Started == _since)
        {
            return true;
        }

        Span<uint> slots = stackalloc uint[Replacements.MostCopied];
        if (!partition.Replacements.TryCopySince(_since, slots, out int count))
        {
            return false;
        }

        foreach (uint slot in slots[..count])
        {
            VisitSlot(slot, visit, buffer);
        }

        _since = finished;
        return true;
    }

    private void VisitSlot(uint slot, Visitor visit, FrameBuffer buffer)
    {
        if (slot >= partition.Records.SlotCount || !partition.Records.TryGet(slot, out RecordTable.Found found))
        {
            return;
        }

        RecordBody record = partition.Read(found, buffer, out _);
        if (!record.Fixed.HasExpired(partition.NowMs) && (_filter is null || _filter.Matches(record.Metadata)))
        {
            visit(found, record);
        }
    }

    private bool Still(Func<bool> step)
    {
        lock (partition.Still)
        {
            IsStill = true;
            try
            {
                return step();
            }
            finally
            {
                IsStill = false;
            }
        }
    }
}
