using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Changes the metadata of the records that match a filter. What goes into the log are whole records: they are resolved here, in atomic batches, and the writer takes each only
/// if it is still in the version that the change was made from. One that was written meanwhile is read again by itself, and changed if it still matches.
/// A change that has been made changes nothing when it is made again, so a record that has it already is passed over: it keeps its version.
/// What has expired is not there, and a change leaves the time at which a record expires. Thread safety: one caller at a time.
/// </summary>
internal sealed class FilteredUpdate(Partition partition, PartitionWriter writer, Func<CollectionSchema> schema, Filter filter, MetadataObject change, MetadataMode mode, WriteOptions? options)
{
    private const int MaxRecords = 1_000;

    private const long MaxBytes = 4 << 20;

    private readonly RecordUpdate _update = new() { Metadata = change, MetadataMode = mode };
    private readonly List<byte[]> _ids = [];
    private readonly List<RecordVersion> _seen = [];
    private readonly List<int> _sizes = [];
    private readonly HashSet<byte[]> _again = new(IdComparer.Instance);
    private readonly MatchingRecords _matching = new(partition, filter);
    private long _bytes;
    private long _updated;

    /// <summary>Changes the records; says how many were changed.</summary>
    public long Run(CancellationToken cancellationToken)
    {
        _matching.Visit(
            (_, in record) =>
            {
                // While nothing is applied nothing can be written: then the ids wait for the end.
                if (!_matching.IsStill && (_ids.Count == MaxRecords || _bytes >= MaxBytes))
                {
                    WriteBatch(cancellationToken);
                }

                if (Changes(record))
                {
                    _ids.Add(record.Id.ToArray());
                    _seen.Add(VersionOf(record));
                    _sizes.Add(record.Metadata.Length + record.Document.Length + record.VectorSection.Length);
                    _bytes += _sizes[^1];
                }
            },
            null,
            cancellationToken);
        WriteBatch(cancellationToken);
        foreach (byte[] id in _again)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _updated += writer.Run(() => TryOne(id));
        }

        return _updated;
    }

    private static RecordVersion VersionOf(in RecordBody record) => new(record.Fixed.Clock, record.Fixed.Node);

    /// <summary>Whether the update makes other metadata of a record.</summary>
    private bool Changes(in RecordBody record)
    {
        try
        {
            return !EncodedRecords.MetadataAfter(record, change, mode).AsSpan().SequenceEqual(record.Metadata);
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.InvalidMetadata)
        {
            throw new HypervexException(exception.Code, $"The record \"{Names.Decode(record.Id)}\" cannot be updated: {exception.Message} {_updated} records were updated before.", exception);
        }
    }

    private void WriteBatch(CancellationToken cancellationToken)
    {
        for (int first = 0, end; first < _ids.Count; first = end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long bytes = 0;
            for (end = first; end < _ids.Count && end - first < MaxRecords && bytes < MaxBytes; end++)
            {
                bytes += _sizes[end];
            }

            (int from, int count) = (first, end - first);
            _updated += writer.Run(() => TryBatch(from, count));
        }

        _ids.Clear();
        _seen.Clear();
        _sizes.Clear();
        _bytes = 0;
    }

    private Attempt<int> TryBatch(int first, int count)
    {
        CollectionSchema now = schema();
        using var updated = new EncodedRecords(count, partition.Records);
        var seen = new List<RecordVersion>(count);
        var together = new HashSet<byte[]>(IdComparer.Instance);
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            for (int i = first; i < first + count; i++)
            {
                // A record may have been seen twice; of two in a batch the second would take the place of the first.
                if (_again.Contains(_ids[i]) || together.Contains(_ids[i]) || !partition.TryFind(_ids[i], buffer, out _, out _, out RecordBody record) || record.Fixed.HasExpired(partition.NowMs))
                {
                    continue;
                }

                if (VersionOf(record) != _seen[i])
                {
                    _again.Add(_ids[i]);
                    continue;
                }

                updated.AddMerged(record, _update, now, Names.Decode(record.Id));
                seen.Add(_seen[i]);
                together.Add(_ids[i]);
            }
        }
        finally
        {
            buffer.Return();
        }

        return writer.TryUpdate(updated, seen, now, options, id => _again.Add(id));
    }

    private Attempt<int> TryOne(byte[] id)
    {
        if (writer.WhenApplied(id) is { } later)
        {
            return Attempt<int>.Again(later);
        }

        CollectionSchema now = schema();
        using var updated = new EncodedRecords(1, partition.Records);
        bool isPassedOver = false;
        FrameBuffer buffer = FrameBuffer.Rent();
        RecordVersion seen;
        try
        {
            if (!partition.TryFind(id, buffer, out _, out _, out RecordBody record) || record.Fixed.HasExpired(partition.NowMs) || !_matching.Filter!.Matches(record.Metadata) || !Changes(record))
            {
                return new Attempt<int>(0, null, false, null);
            }

            updated.AddMerged(record, _update, now, Names.Decode(id));
            seen = VersionOf(record);
        }
        finally
        {
            buffer.Return();
        }

        Attempt<int> attempt = writer.TryUpdate(updated, [seen], now, options, _ => isPassedOver = true);
        return isPassedOver ? Attempt<int>.Again(Task.CompletedTask) : attempt;
    }

    private sealed class IdComparer : IEqualityComparer<byte[]>
    {
        public static readonly IdComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
