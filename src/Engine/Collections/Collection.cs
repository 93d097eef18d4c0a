using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Hypervex;

/// <summary>
/// A named set of records with one schema. Reads and searches take no part in each other's way; every write is acknowledged
/// once it has the durability it asked for, and is seen by every read and search that starts afterwards. Thread-safe.
/// </summary>
[SuppressMessage("Performance", "CA1822", Justification = "temporary sketch")]
[SuppressMessage("Style", "IDE0060", Justification = "temporary sketch")]
public sealed class Collection
{
    // A temporary sketch (dictionary and exact scan) that lets the surfaces be written while the engine is.
    private readonly Lock _lock = new();
    private readonly List<VectorRecord> _records = [];
    private ulong _sequence;

    internal Collection(string name, CollectionOptions options)
    {
        Name = name;
        Options = options;
    }

    /// <summary>The collection's name.</summary>
    public string Name { get; }

    /// <summary>Schema and settings as they are now (a dimension that the first vector decided is filled in).</summary>
    public CollectionOptions Options { get; private set; }

    /// <summary>Live records.</summary>
    public long Count
    {
        get
        {
            lock (_lock)
            {
                return _records.Count;
            }
        }
    }

    /// <summary>What the opening of this collection found and did.</summary>
    public RecoveryReport Recovery => new() { Replayed = 0, TornBytes = 0, Rewritten = 0, Elapsed = default };

    /// <summary>Writes a record, whether or not its id exists.</summary>
    public Ack Upsert(VectorRecord record, WriteOptions? options = null) => Write(record, mustBeNew: false);

    /// <summary>Writes a record with a vector in the default field, whether or not its id exists.</summary>
    public Ack Upsert(string id, ReadOnlySpan<float> vector, MetadataObject? metadata = null, string? document = null) =>
        Write(new VectorRecord(id, vector.ToArray()) { Metadata = metadata, Document = document }, mustBeNew: false);

    /// <inheritdoc cref="Upsert(VectorRecord, WriteOptions?)"/>
    /// <param name="record">The record.</param>
    /// <param name="options">Conditions and durability.</param>
    /// <param name="cancellationToken">Stops waiting for room in the queue; once the write is in the log it is awaited.</param>
    public ValueTask<Ack> UpsertAsync(VectorRecord record, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Upsert(record, options));

    /// <summary>Writes a record whose id must be new: else <see cref="ErrorCode.AlreadyExists"/>.</summary>
    public Ack Insert(VectorRecord record, WriteOptions? options = null) => Write(record, mustBeNew: true);

    /// <inheritdoc cref="Insert"/>
    public ValueTask<Ack> InsertAsync(VectorRecord record, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Insert(record, options));

    /// <summary>Writes up to 10,000 records in one atomic batch; of records with the same id the last one wins.</summary>
    public BatchAck UpsertBatch(IReadOnlyList<VectorRecord> records, WriteOptions? options = null)
    {
        foreach (VectorRecord record in records)
        {
            Write(record, mustBeNew: false);
        }

        return new BatchAck(_sequence, records.Count, []);
    }

    /// <inheritdoc cref="UpsertBatch"/>
    public ValueTask<BatchAck> UpsertBatchAsync(IReadOnlyList<VectorRecord> records, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(UpsertBatch(records, options));

    /// <summary>Changes parts of an existing record: else <see cref="ErrorCode.NotFound"/>.</summary>
    public Ack Update(string id, RecordUpdate update, WriteOptions? options = null)
    {
        VectorRecord old = Get(id) ?? throw new HypervexException(ErrorCode.NotFound, $"There is no record \"{id}\".");
        return Write(old with { Vector = update.Vector ?? old.Vector, Metadata = update.Metadata ?? old.Metadata, Document = update.Document ?? old.Document }, mustBeNew: false);
    }

    /// <inheritdoc cref="Update"/>
    public ValueTask<Ack> UpdateAsync(string id, RecordUpdate update, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Update(id, update, options));

    /// <summary>Deletes a record; false when there is none.</summary>
    public bool Delete(string id, WriteOptions? options = null)
    {
        lock (_lock)
        {
            return _records.RemoveAll(record => record.Id == id) > 0;
        }
    }

    /// <inheritdoc cref="Delete"/>
    public ValueTask<bool> DeleteAsync(string id, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(Delete(id, options));

    /// <summary>Deletes up to 10,000 records in one atomic batch; ids that do not exist are passed over.</summary>
    public BatchAck DeleteBatch(IReadOnlyList<string> ids, WriteOptions? options = null) =>
        new(_sequence, ids.Count(id => Delete(id)), []);

    /// <inheritdoc cref="DeleteBatch"/>
    public ValueTask<BatchAck> DeleteBatchAsync(IReadOnlyList<string> ids, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(DeleteBatch(ids, options));

    /// <summary>Reads a record; null when there is none.</summary>
    public VectorRecord? Get(string id, Include include = Include.All)
    {
        lock (_lock)
        {
            return _records.Find(record => record.Id == id);
        }
    }

    /// <summary>Reads a page of records in order of creation.</summary>
    public RecordPage List(ListOptions? options = null)
    {
        options ??= new ListOptions();
        lock (_lock)
        {
            int start = options.Cursor is null ? 0 : int.Parse(options.Cursor, System.Globalization.CultureInfo.InvariantCulture);
            List<VectorRecord> page = [.. _records.Skip(start).Take(options.Limit)];
            int next = start + page.Count;
            return new RecordPage(page, next < _records.Count ? next.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);
        }
    }

    /// <summary>Counts the records that match; all of them without a filter.</summary>
    public long CountWhere(Filter? filter, CancellationToken cancellationToken = default) => Count;

    /// <summary>Finds the k nearest records.</summary>
    /// <param name="query">The query, of the field's dimension.</param>
    /// <param name="k">Number of hits, 1 to 10,000.</param>
    /// <param name="options">Field, filter, beam width and what to return.</param>
    /// <returns>At most k hits, nearest first; equal distances in order of id bytes.</returns>
    public IReadOnlyList<SearchHit> Search(ReadOnlySpan<float> query, int k = 10, in SearchOptions options = default)
    {
        float[] point = query.ToArray();
        lock (_lock)
        {
            return [.. _records
                .Select(record =>
                {
                    float distance = 0;
                    for (int i = 0; i < point.Length; i++)
                    {
                        distance += (record.Vector![i] - point[i]) * (record.Vector[i] - point[i]);
                    }

                    return new SearchHit { Id = record.Id, Distance = MathF.Sqrt(distance), Score = 1 / (1 + MathF.Sqrt(distance)), Record = record };
                })
                .OrderBy(hit => hit.Distance)
                .Take(k)];
        }
    }

    /// <summary>Finds the records nearest to a stored one, which is not among the hits.</summary>
    public IReadOnlyList<SearchHit> SearchById(string id, int k = 10, in SearchOptions options = default) =>
        [.. Search(Get(id)!.Vector!, k + 1, options).Where(hit => hit.Id != id).Take(k)];

    /// <summary>
    /// The search that allocates nothing: finds the <c>hits.Length</c> nearest records, nearest first. Equal distances come in
    /// order of slot here (of id bytes in the comfortable overload).
    /// </summary>
    /// <returns>The number of hits written.</returns>
    public int Search(ReadOnlySpan<float> query, in SearchOptions options, Span<Hit> hits)
    {
        IReadOnlyList<SearchHit> found = Search(query, hits.Length, options);
        for (int i = 0; i < found.Count; i++)
        {
            string id = found[i].Id;
            hits[i] = new Hit(new RecordHandle((uint)_records.FindIndex(record => record.Id == id), 0), found[i].Distance, found[i].Score);
        }

        return found.Count;
    }

    /// <summary>Copies a hit's id as UTF-8.</summary>
    /// <param name="hit">A hit of this collection.</param>
    /// <param name="utf8">512 bytes always suffice.</param>
    /// <param name="written">Bytes written.</param>
    /// <returns>False when the record has been deleted or its vector replaced since, or the span is too small.</returns>
    public bool TryCopyId(in Hit hit, Span<byte> utf8, out int written) =>
        Encoding.UTF8.TryGetBytes(_records[(int)hit.Handle.Slot].Id, utf8, out written);

    /// <summary>Waits until every acknowledged record is linked into its graphs.</summary>
    public void WaitForIndex(CancellationToken cancellationToken = default)
    {
    }

    /// <summary>Makes everything written so far durable, whatever durability it was written with.</summary>
    public void Flush()
    {
    }

    /// <summary>Counts, sizes and settings.</summary>
    public CollectionStats GetStats() => new()
    {
        Name = Name,
        Count = Count,
        Capacity = Options.Capacity,
        Fields = [],
        StoragePath = null,
        LogBytes = 0,
        RecordTableBytes = 0,
        LastSequence = _sequence,
    };

    /// <summary>Checks every checksum, cross-reference and graph invariant.</summary>
    public VerifyReport Verify(CancellationToken cancellationToken = default) => new() { Frames = 0, Rows = 0, Nodes = 0, Findings = [] };

    private Ack Write(VectorRecord record, bool mustBeNew)
    {
        lock (_lock)
        {
            int at = _records.FindIndex(old => old.Id == record.Id);
            if (mustBeNew && at >= 0)
            {
                throw new HypervexException(ErrorCode.AlreadyExists, $"The record \"{record.Id}\" exists already.");
            }

            if (Options.Vectors[""].Dimension is null)
            {
                Options = CollectionOptions.Create(record.Vector!.Length, Options.Vectors[""].Metric) with { Capacity = Options.Capacity };
            }

            DateTimeOffset now = DateTimeOffset.UtcNow;
            var stored = record with { CreatedAt = at < 0 ? now : _records[at].CreatedAt, UpdatedAt = now, Version = new RecordVersion(++_sequence, 1) };
            if (at < 0)
            {
                _records.Add(stored);
            }
            else
            {
                _records[at] = stored;
            }

            return new Ack(_sequence, stored.Version, stored.CreatedAt, now, at < 0);
        }
    }
}
