using System.Buffers;
using Hypervex.Distances;
using Hypervex.Fields;
using Hypervex.Indexes;
using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>Reads records out of a partition. Thread safety: all members.</summary>
internal sealed class PartitionReader(Partition partition)
{
    private const int ListStep = 256;

    /// <summary>How often a search looks for rows that were replaced while it looked.</summary>
    private const int AddRounds = 4;

    public VectorRecord? Get(ReadOnlySpan<byte> id, CollectionSchema schema, Include include)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            return partition.TryFind(id, buffer, out _, out _, out RecordBody record) && !record.Fixed.HasExpired(partition.NowMs) ? Materialize(record, schema, include) : null;
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Live records after a created sequence that satisfy the filter, in order of creation, with the sequence to go on from.</summary>
    public List<VectorRecord> List(ulong after, int limit, Filter? filter, CollectionSchema schema, Include include, out ulong? next)
    {
        var page = new List<VectorRecord>(Math.Min(limit, ListStep));
        var step = new (ulong CreatedSequence, RecordTable.Found Record)[Math.Min(limit + 1, ListStep)];
        filter = filter is null ? null : partition.FieldIndexes.Bind(filter);
        using MatchingSlots? possible = filter is null ? null : MatchingSlots.FindPossible(partition, filter);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            ulong last = after;
            while (true)
            {
                int count = partition.Records.CopyCreatedAfter(after, step);
                Delays.Here();
                possible?.Renew(); // a record may have moved to its slot since the slots were found
                Delays.Here();
                for (int i = 0; i < count; i++)
                {
                    after = step[i].CreatedSequence;
                    if (possible is not null && possible.LeavesOut(step[i].Record, after))
                    {
                        continue;
                    }

                    RecordBody record = partition.Read(step[i].Record, buffer, out _);
                    if (record.Fixed.HasExpired(partition.NowMs) || (filter is not null && !filter.Matches(record.Metadata)))
                    {
                        continue;
                    }

                    if (page.Count == limit)
                    {
                        next = last;
                        return page;
                    }

                    page.Add(Materialize(record, schema, include));
                    last = after;
                }

                if (count < step.Length)
                {
                    next = null;
                    return page;
                }
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    public long Count(Filter? filter, CancellationToken cancellationToken)
    {
        if (filter is null)
        {
            return Count();
        }

        using var matching = MatchingSlots.Find(partition, filter, null, cancellationToken);
        return matching.CountRecords();
    }

    /// <summary>How many records there are, those that have expired not counted.</summary>
    public long Count()
    {
        Expiries expiries = partition.FieldIndexes.Expiries;
        long nowMs = partition.NowMs;
        if (expiries.Earliest > nowMs)
        {
            return partition.Records.Count;
        }

        lock (partition.Still)
        {
            return partition.Records.Count - expiries.CountDue(nowMs, int.MaxValue);
        }
    }

    /// <summary>Searches one field; fills <paramref name="hits"/> and returns how many.</summary>
    /// <param name="field">The field.</param>
    /// <param name="query">float32[dimension], checked.</param>
    /// <param name="search">How to search.</param>
    /// <param name="filter">The filter that <paramref name="search"/>'s slots stand for, for rows that came meanwhile.</param>
    /// <param name="nowMs">Rows whose record has expired by then are not there.</param>
    /// <param name="since">Replacements before it are known to <paramref name="search"/>'s slots.</param>
    /// <param name="spare">How many rows more than there is room for are asked of the index, to make up for rows that go meanwhile.</param>
    /// <param name="hits">Receives the hits, nearest first.</param>
    /// <param name="complete">False when rows were deleted or replaced under the search so that it must be repeated.</param>
    /// <param name="report">What the search of the index did.</param>
    public int Search(VectorField field, ReadOnlySpan<float> query, in FieldSearch search, Filter? filter, long nowMs, long since, int spare, Span<Hit> hits, out bool complete, out FieldSearchReport report)
    {
        Measure measure = Measure.Of(field.Schema.Options);
        float[] prepared = ArrayPool<float>.Shared.Rent(field.RowLength);
        SlotHit[] found = ArrayPool<SlotHit>.Shared.Rent(hits.Length + spare);
        try
        {
            Span<float> row = prepared.AsSpan(0, field.RowLength);
            VectorShape.ToRow(measure, query, row);
            int count = field.Index.Search(row, search, found.AsSpan(0, hits.Length + spare), out report);
            Delays.Here();
            int kept = 0;
            int seen = 0;
            bool damaged = false;
            for (; seen < count && kept < hits.Length; seen++)
            {
                SlotHit hit = found[seen];
                if (partition.Records.TryGet(hit.Slot, out RecordTable.Found record) && !partition.FieldIndexes.Expiries.IsDue(hit.Slot, nowMs))
                {
                    damaged |= !field.RowChecks(hit.Slot, record.Row) && !partition.RepairRow(field, record);
                    hits[kept++] = new Hit(new RecordHandle(hit.Slot, record.Row), hit.Distance, Scores.FromDistance(measure.Metric, hit.Distance));
                }
            }

            bool lost = kept < seen;
            bool sawAll = count < hits.Length + spare;
            bool crowdedOut = seen < count;
            complete = AddReplaced(field, row, search.Radius ?? float.PositiveInfinity, filter, nowMs, since, hits, ref kept, ref lost, ref crowdedOut)
                && !damaged
                && (!lost || (sawAll && !crowdedOut) || kept == hits.Length);
            return kept;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(prepared);
            ArrayPool<SlotHit>.Shared.Return(found);
        }
    }

    /// <summary>Puts rows that took another's place during the search where they belong among its hits.</summary>
    private bool AddReplaced(VectorField field, ReadOnlySpan<float> prepared, float farthest, Filter? filter, long nowMs, long since, Span<Hit> hits, ref int count, ref bool lost, ref bool crowdedOut)
    {
        for (int round = 0; round < AddRounds; round++)
        {
            long started = partition.Replacements.Started;
            if (started == since)
            {
                return true;
            }

            if (!AddReplacedOnce(field, prepared, farthest, filter, nowMs, since, hits, ref count, ref lost, ref crowdedOut))
            {
                return false;
            }

            Delays.Here();
            bool gone = RemoveGone(hits, ref count); // else a record that has moved takes two places, and another one none
            lost |= gone;
            if (!gone && partition.Replacements.Started == started)
            {
                return true; // nothing was replaced while this looked, nor moved to a slot that had been looked at before
            }
        }

        return false;
    }

    private bool AddReplacedOnce(VectorField field, ReadOnlySpan<float> prepared, float farthest, Filter? filter, long nowMs, long since, Span<Hit> hits, ref int count, ref bool lost, ref bool crowdedOut)
    {
        Span<uint> slots = stackalloc uint[Replacements.MostCopied];
        if (!partition.Replacements.TryCopySince(since, slots, out int replaced))
        {
            return false;
        }

        foreach (uint slot in slots[..replaced])
        {
            Delays.Here();
            if (Remove(hits, ref count, slot))
            {
                lost = true; // its distance may be that of the row before
            }

            if (!partition.Records.TryGet(slot, out RecordTable.Found record) || !Belongs(field, record, filter, nowMs))
            {
                continue;
            }

            float distance = field.Distance(prepared, slot);
            if (distance > farthest)
            {
                continue;
            }

            int at = count;
            while (at > 0 && (hits[at - 1].Distance, hits[at - 1].Handle.Slot).CompareTo((distance, slot)) > 0)
            {
                at--;
            }

            crowdedOut |= count == hits.Length; // a place that another one leaves afterwards would be its
            if (at < hits.Length)
            {
                int moved = Math.Min(count, hits.Length - 1) - at;
                hits.Slice(at, moved).CopyTo(hits[(at + 1)..]);
                hits[at] = new Hit(new RecordHandle(slot, record.Row), distance, Scores.FromDistance(field.Schema.Options.Metric, distance));
                count = Math.Min(count + 1, hits.Length);
            }
        }

        return true;
    }

    private bool RemoveGone(Span<Hit> hits, ref int count)
    {
        int kept = 0;
        for (int i = 0; i < count; i++)
        {
            if (partition.Records.TryGet(hits[i].Handle.Slot, out RecordTable.Found found) && found.Row == hits[i].Handle.Generation)
            {
                hits[kept++] = hits[i];
            }
        }

        bool any = kept < count;
        count = kept;
        return any;
    }

    private static bool Remove(Span<Hit> hits, ref int count, uint slot)
    {
        for (int i = 0; i < count; i++)
        {
            if (hits[i].Handle.Slot == slot)
            {
                hits[(i + 1)..count].CopyTo(hits[i..]);
                count--;
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a record is still there, has a vector in the field and satisfies the filter.</summary>
    private bool Belongs(VectorField field, RecordTable.Found record, Filter? filter, long nowMs)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            RecordBody body = partition.Read(record, buffer, out _);
            bool hasVector = false;
            foreach (RecordVector vector in body.Vectors)
            {
                hasVector |= vector.Field == field.Schema.Id;
            }

            return hasVector && !body.Fixed.HasExpired(nowMs) && (filter is null || filter.Matches(body.Metadata));
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Copies the id of a hit, if the row is still the one that was found.</summary>
    public bool TryCopyId(RecordHandle handle, Span<byte> utf8, out int written)
    {
        written = 0;
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (!TryRead(handle, partition.NowMs, buffer, out RecordBody record) || record.Id.Length > utf8.Length)
            {
                return false;
            }

            record.Id.CopyTo(utf8);
            written = record.Id.Length;
            return true;
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Makes a hit with its id and what was asked for; null when its record has gone since, or has expired by a time.</summary>
    public SearchHit? Materialize(in Hit hit, long nowMs, CollectionSchema schema, Include include)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            if (!TryRead(hit.Handle, nowMs, buffer, out RecordBody record))
            {
                return null;
            }

            VectorRecord? parts = include == Include.None ? null : Materialize(record, schema, include);
            return new SearchHit { Id = parts?.Id ?? Names.Decode(record.Id), Distance = hit.Distance, Score = hit.Score, Record = parts };
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>The stored vector of a record in a field, as it was given; null when there is no such record, or it has none there.</summary>
    public float[]? Vector(ReadOnlySpan<byte> id, uint field, out bool exists)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            exists = partition.TryFind(id, buffer, out _, out _, out RecordBody record) && !record.Fixed.HasExpired(partition.NowMs);
            if (exists)
            {
                foreach (RecordVector vector in record.Vectors)
                {
                    if (vector.Field == field)
                    {
                        return VectorShape.Given(vector);
                    }
                }
            }

            return null;
        }
        finally
        {
            buffer.Return();
        }
    }

    internal static VectorRecord Materialize(in RecordBody record, CollectionSchema schema, Include include)
    {
        RecordFixed values = record.Fixed;
        float[]? unnamed = null;
        Dictionary<string, float[]>? named = null;
        if (include.HasFlag(Include.Vectors))
        {
            foreach (RecordVector vector in record.Vectors)
            {
                uint id = vector.Field;
                float[] floats = VectorShape.Given(vector);
                string name = schema.Fields.First(field => field.Id == id).Name;
                if (name.Length == 0)
                {
                    unnamed = floats;
                }
                else
                {
                    (named ??= new Dictionary<string, float[]>(StringComparer.Ordinal))[name] = floats;
                }
            }
        }

        return new VectorRecord
        {
            Id = Names.Decode(record.Id),
            Vector = unnamed,
            Vectors = named,
            Metadata = include.HasFlag(Include.Metadata) && !record.Metadata.IsEmpty ? MetadataEncoding.Decode(record.Metadata) : null,
            Document = include.HasFlag(Include.Document) && record.HasDocument ? Names.Decode(record.Document) : null,
            CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(values.CreatedAtMs),
            ExpiresAt = values.ExpiresAtMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(values.ExpiresAtMs),
            UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(values.UpdatedAtMs),
            Version = new RecordVersion(values.Clock, values.Node),
        };
    }

    /// <summary>Reads the record of a row; false when it is not there any more, or has expired by a time.</summary>
    public bool TryRead(RecordHandle handle, long nowMs, FrameBuffer buffer, out RecordBody record)
    {
        if (partition.Records.TryGet(handle.Slot, out RecordTable.Found found) && found.Row == handle.Generation)
        {
            record = partition.Read(found, buffer, out _);
            return !record.Fixed.HasExpired(nowMs);
        }

        record = default;
        return false;
    }
}
