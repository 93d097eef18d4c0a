using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// A page of records in order of a metadata field: the smallest of those behind the cursor, found by a heap of the page over all that match, or, where the field has an index
/// of keywords or numbers, over those that <see cref="PageSlots"/> says can be on it.
/// Each record is listed as it was at one moment of the call; one that expires before the end makes the page anew, a few times. One that is there throughout and keeps its value stands in exactly one page of a scroll: entries leave the heap only for smaller
/// ones, and a page begins behind the greatest of the page before.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class OrderedListing(Partition partition, string field, bool descending)
{
    /// <summary>A page on which records expire while it is made is made anew this often.</summary>
    private const int Attempts = 4;

    private readonly FieldPath _path = new(field);
    private readonly HashSet<string> _onPage = new(StringComparer.Ordinal);
    private OrderedValue _afterValue;
    private byte[]? _afterId;

    private sealed record Entry(OrderedValue Value, byte[] Id, string IdText, RecordTable.Found Found);

    public RecordPage Read(ListOptions options, CollectionSchema schema, CancellationToken cancellationToken)
    {
        if (options.Cursor is { } cursor)
        {
            (_afterValue, _afterId) = OrderCursor.Decode(cursor, field, descending);
        }

        RecordPage? page = null;
        for (int attempt = 1; page is null; attempt++)
        {
            page = TryRead(options, schema, isLast: attempt == Attempts, cancellationToken);
        }

        return page;
    }

    /// <summary>The page; null when a record on it has expired meanwhile.</summary>
    private RecordPage? TryRead(ListOptions options, CollectionSchema schema, bool isLast, CancellationToken cancellationToken)
    {
        _onPage.Clear();
        int room = options.Limit + 1; // one more, to know whether the page is the last
        var page = new PriorityQueue<Entry, Entry>(Comparer<Entry>.Create((left, right) => Compare(right, left.Value, left.Id)));
        var slots = new PageSlots(partition, field, descending, _afterId is null ? null : _afterValue, room);
        new MatchingRecords(partition, options.Filter).Visit(
            (found, in record) => Offer(page, room, found, record), words => slots.Narrow(words, IsFull), cancellationToken);
        return ToPage(page, options, schema, isLast);

        bool IsFull(OrderedValue? upTo) =>
            page.Count == room && (upTo is { } bound ? page.Peek().Value.CompareTo(bound, descending) <= 0 : page.Peek().Value.Rank != ValueRank.Missing);
    }

    private void Offer(PriorityQueue<Entry, Entry> page, int room, RecordTable.Found found, in RecordBody record)
    {
        OrderedValue value = _path.TryFind(record.Metadata, out EncodedValue stored) ? OrderedValue.Of(stored) : OrderedValue.Missing;
        if (_afterId is not null && Compare(value, record.Id, _afterValue, _afterId) <= 0)
        {
            return;
        }

        if (page.Count == room && Compare(page.Peek(), value, record.Id) <= 0)
        {
            return;
        }

        string id = Names.Decode(record.Id);
        if (!_onPage.Add(id))
        {
            return; // it was seen before it moved; the first sight stays, so that nothing that was crowded out is missed
        }

        var entry = new Entry(value, record.Id.ToArray(), id, found);
        page.Enqueue(entry, entry);
        if (page.Count > room)
        {
            _onPage.Remove(page.Dequeue().IdText);
        }
    }

    private RecordPage? ToPage(PriorityQueue<Entry, Entry> page, ListOptions options, CollectionSchema schema, bool evenExpired)
    {
        bool isEnd = page.Count <= options.Limit;
        if (!isEnd)
        {
            page.Dequeue();
        }

        var entries = new Entry[page.Count];
        for (int i = entries.Length - 1; i >= 0; i--)
        {
            entries[i] = page.Dequeue();
        }

        var records = new VectorRecord[entries.Length];
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            for (int i = 0; i < records.Length; i++)
            {
                RecordBody record = partition.Read(entries[i].Found, buffer, out _);
                if (!evenExpired && record.Fixed.HasExpired(partition.NowMs))
                {
                    return null;
                }

                records[i] = PartitionReader.Materialize(record, schema, options.Include);
            }
        }
        finally
        {
            buffer.Return();
        }

        return new RecordPage(records, isEnd ? null : OrderCursor.Encode(field, descending, entries[^1].Value, entries[^1].Id));
    }

    private int Compare(Entry left, in OrderedValue value, ReadOnlySpan<byte> id) => Compare(left.Value, left.Id, value, id);

    private int Compare(in OrderedValue leftValue, ReadOnlySpan<byte> leftId, in OrderedValue rightValue, ReadOnlySpan<byte> rightId)
    {
        int order = leftValue.CompareTo(rightValue, descending);
        return order != 0 ? order : leftId.SequenceCompareTo(rightId);
    }
}
