using System.Buffers;
using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The records of one write, each of which has passed every check that needs no lock: bodies of put frames, one behind the other in one rented
/// buffer, complete but for versions, times and sequences (but for the time at which they expire), which the writer fills in. Of records with the same id the last one stays.
/// Thread safety: none. Disposing it gives the buffers back.
/// </summary>
internal sealed class EncodedRecords : IDisposable
{
    /// <summary>The time that <see cref="CreatedAtMs"/> has when none is to be kept.</summary>
    public const long Now = long.MinValue;

    private const int NoEntry = -1;

    /// <summary>Room is taken ahead for so many bytes at most: pools keep what they lend.</summary>
    private const int MostAhead = 4 << 20;

    private readonly RecordTable? _table;
    private readonly int _capacity;
    private readonly List<(FieldSchema Field, float[] Vector)> _vectors = new(1);
    private readonly List<int> _superseded = [];
    private Entry[] _entries;
    private int[] _buckets;
    private byte[] _bytes;
    private int _length;

    /// <param name="capacity">How many records will come.</param>
    /// <param name="table">Hashes the ids; null for records of which no two have the same id and which nobody will look up.</param>
    public EncodedRecords(int capacity, RecordTable? table)
    {
        _table = table;
        _capacity = capacity;
        _entries = ArrayPool<Entry>.Shared.Rent(capacity);
        _buckets = ArrayPool<int>.Shared.Rent(capacity);
        _buckets.AsSpan().Fill(NoEntry);
        _bytes = [];
    }

    /// <summary>Where a record stands in the buffer. <c>Before</c> is the entry before it in its bucket.</summary>
    private record struct Entry(int At, int Length, int VectorsAt, uint Tag, int Before, bool IsSuperseded, long CreatedAtMs);

    public int Count { get; private set; }

    /// <summary>Bytes of all bodies.</summary>
    public long BodyBytes { get; private set; }

    /// <summary>Bytes of all encoded metadata, that of superseded records included.</summary>
    public long MetadataBytes { get; private set; }

    /// <summary>The records, counted from 0 in the order of <see cref="Add"/>, that a later one with the same id superseded.</summary>
    public IReadOnlyList<int> Superseded => _superseded;

    /// <summary>Records that expire, superseded ones included.</summary>
    public int Expiring { get; private set; }

    /// <summary>The put body; its fixed part is still zero but for the time at which the record expires.</summary>
    public ReadOnlySpan<byte> Body(int index) => _bytes.AsSpan(_entries[index].At, _entries[index].Length);

    /// <summary>The id in UTF-8.</summary>
    public ReadOnlySpan<byte> Id(int index) => RecordBody.IdOf(Body(index));

    public uint Tag(int index) => _entries[index].Tag;

    /// <summary>Copies the tags of records that follow each other.</summary>
    public void CopyTags(int first, Span<uint> tags)
    {
        for (int i = 0; i < tags.Length; i++)
        {
            tags[i] = _entries[first + i].Tag;
        }
    }

    public ReadOnlySpan<byte> VectorSection(int index) => Body(index)[_entries[index].VectorsAt..];

    /// <summary>The timestamp that an import keeps, or <see cref="Now"/>.</summary>
    public long CreatedAtMs(int index) => _entries[index].CreatedAtMs;

    /// <summary>A record of its own, which shares nothing with the buffer.</summary>
    public RecordInput Copy(int index) =>
        new(Body(index).ToArray(), _entries[index].VectorsAt, CreatedAtMs(index) == Now ? null : CreatedAtMs(index));

    /// <summary>Checks a record against the schema and encodes it. Dimensions that are undecided accept any length.</summary>
    public void Add(VectorRecord record, CollectionSchema schema, bool keepCreatedAt)
    {
        ArgumentNullException.ThrowIfNull(record);
        Span<byte> id = stackalloc byte[Limits.MaxIdBytes];
        id = id[..Names.EncodeId(record.Id, id)];
        CollectVectors(record.Id, record.Vector, record.Vectors, schema);
        if (_vectors.Count == 0)
        {
            throw new HypervexException(ErrorCode.InvalidVector, $"The record \"{record.Id}\" has no vector; expected at least one.");
        }

        int metadataBytes = record.Metadata is { Count: > 0 } ? MetadataEncoding.Measure(record.Metadata) : 0;
        Span<byte> body = Room(id, metadataBytes, record.Document);
        Span<byte> rest = body[(RecordBody.FixedSize + id.Length)..];
        if (metadataBytes > 0)
        {
            MetadataEncoding.Write(record.Metadata!, rest[..metadataBytes]);
        }

        int documentBytes = record.Document is { } document ? Names.EncodeDocument(document, rest[metadataBytes..]) : 0;
        long createdAtMs = keepCreatedAt && record.CreatedAt != default ? record.CreatedAt.ToUnixTimeMilliseconds() : Now;
        Finish(body, id.Length, metadataBytes, record.Document is not null, documentBytes, createdAtMs, ExpiryChecks.Milliseconds(record.ExpiresAt, record.Id));
    }

    /// <summary>Encodes what an update makes of a stored record.</summary>
    public void AddMerged(in RecordBody old, RecordUpdate update, CollectionSchema schema, string idForMessages)
    {
        CollectVectors(idForMessages, update.Vector, update.Vectors, schema);
        foreach (RecordVector stored in old.Vectors)
        {
            uint field = stored.Field;
            if (schema.Fields.FirstOrDefault(candidate => candidate.Id == field) is { } known && !_vectors.Exists(vector => vector.Field.Id == field))
            {
                _vectors.Add((known, VectorShape.Given(stored)));
            }
        }

        _vectors.Sort((left, right) => left.Field.Id.CompareTo(right.Field.Id));
        ReadOnlySpan<byte> metadata = update.Metadata is { } change ? MetadataAfter(old, change, update.MetadataMode) : old.Metadata;
        Span<byte> body = Room(old.Id, metadata.Length + old.Document.Length, update.Document);
        Span<byte> rest = body[(RecordBody.FixedSize + old.Id.Length)..];
        metadata.CopyTo(rest);
        rest = rest[metadata.Length..];
        int documentBytes = old.Document.Length;
        if (update.Document is { } document)
        {
            documentBytes = Names.EncodeDocument(document, rest);
        }
        else
        {
            old.Document.CopyTo(rest);
        }

        Finish(body, old.Id.Length, metadata.Length, old.HasDocument || update.Document is not null, documentBytes, Now, ExpiryChecks.Milliseconds(update, old.Fixed.ExpiresAtMs, idForMessages));
    }

    /// <summary>The encoded metadata that a change makes of a stored record's.</summary>
    public static byte[] MetadataAfter(in RecordBody old, MetadataObject change, MetadataMode mode)
    {
        MetadataObject? before = old.Metadata.Length == 0 ? null : MetadataEncoding.Decode(old.Metadata);
        MetadataObject after = mode == MetadataMode.Replace ? change : MetadataMerge.Apply(before, change);
        return after.Count == 0 ? [] : MetadataEncoding.Encode(after);
    }

    /// <summary>Has a record left out by the next <see cref="DropSuperseded"/>.</summary>
    public void LeaveOut(int index)
    {
        _entries[index].IsSuperseded = true;
        _superseded.Add(index);
    }

    /// <summary>Drops the records that were superseded. The remaining ones are counted anew.</summary>
    public void DropSuperseded()
    {
        if (_superseded.Count == 0)
        {
            return;
        }

        int kept = 0;
        BodyBytes = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!_entries[i].IsSuperseded)
            {
                _entries[kept++] = _entries[i];
                BodyBytes += _entries[i].Length;
            }
        }

        Count = kept;
        _superseded.Sort();
    }

    /// <summary>Field id and dimension of each vector of a record.</summary>
    public List<(uint Field, int Dimension)> Dimensions(int index)
    {
        var dimensions = new List<(uint Field, int Dimension)>();
        RecordBody.TryRead(Body(index), out RecordBody body);
        foreach (RecordVector vector in body.Vectors)
        {
            dimensions.Add((vector.Field, vector.Dimension));
        }

        return dimensions;
    }

    public void Dispose()
    {
        ArrayPool<Entry>.Shared.Return(_entries);
        ArrayPool<int>.Shared.Return(_buckets);
        LogGroup.Return(_bytes);
        _entries = [];
        _buckets = [];
        _bytes = [];
        Count = 0;
    }

    /// <summary>Room for the greatest body that these parts can make, with the id in it.</summary>
    private Span<byte> Room(ReadOnlySpan<byte> id, int otherBytes, string? document)
    {
        long bytes = RecordBody.FixedSize + id.Length + otherBytes + sizeof(uint);
        bytes += document is null ? 0 : Names.MostDocumentBytes(document);
        foreach ((FieldSchema field, float[] vector) in _vectors)
        {
            bytes += RecordBody.SizeOfVector(VectorShape.ElementBytes(field.Options.Metric, vector.Length));
        }

        if (_length + bytes > _bytes.Length)
        {
            long all = bytes * Math.Max(1, _capacity - Count); // as if those that will come were like this one
            LogGroup.Grow(ref _bytes, _length, checked((int)(_length + Math.Max(bytes, Math.Min(all, MostAhead)))));
        }

        Span<byte> body = _bytes.AsSpan(_length);
        id.CopyTo(body[RecordBody.FixedSize..]);
        return body;
    }

    private void Finish(Span<byte> body, int idBytes, int metadataBytes, bool hasDocument, int documentBytes, long createdAtMs, long expiresAtMs)
    {
        int vectorsAt = RecordBody.WriteHead(body, idBytes, metadataBytes, hasDocument, documentBytes, _vectors.Count);
        RecordBody.WriteExpiresAt(body, expiresAtMs);
        Expiring += expiresAtMs != 0 ? 1 : 0;
        int at = vectorsAt;
        foreach ((FieldSchema field, float[] vector) in _vectors)
        {
            Metric metric = field.Options.Metric;
            int dimension = field.Options.Dimension ?? VectorShape.DimensionOf(metric, vector.Length);
            int bytes = VectorShape.ElementBytes(metric, vector.Length);
            VectorShape.WriteElements(metric, vector, RecordBody.PlaceVector(body[at..], field.Id, VectorShape.ElementType(metric), dimension, bytes));
            at += RecordBody.SizeOfVector(bytes);
        }

        ReadOnlySpan<byte> id = body.Slice(RecordBody.FixedSize, idBytes);
        uint tag = _table?.TagOf(id) ?? 0;
        int before = _table is null ? NoEntry : Supersede(id, tag);
        _entries[Count] = new Entry(_length, at, vectorsAt, tag, before, false, createdAtMs);
        Count++;
        BodyBytes += at;
        MetadataBytes += metadataBytes;
        _length += at;
    }

    /// <summary>Marks an earlier record with the same id, enters the next one into its bucket, and returns the one before it there.</summary>
    private int Supersede(ReadOnlySpan<byte> id, uint tag)
    {
        ref int bucket = ref _buckets[tag % (uint)_buckets.Length];
        for (int i = bucket; i != NoEntry; i = _entries[i].Before)
        {
            if (_entries[i].Tag == tag && !_entries[i].IsSuperseded && Id(i).SequenceEqual(id))
            {
                _entries[i].IsSuperseded = true;
                _superseded.Add(i);
                break;
            }
        }

        int before = bucket;
        bucket = Count;
        return before;
    }

    /// <summary>The vectors in order of field id, each checked.</summary>
    private void CollectVectors(string id, float[]? vector, IReadOnlyDictionary<string, float[]>? named, CollectionSchema schema)
    {
        _vectors.Clear();
        if (vector is not null)
        {
            _vectors.Add((VectorChecks.Field(schema, ""), vector));
        }

        if (named is not null)
        {
            foreach ((string name, float[] value) in named)
            {
                if (name.Length == 0 && vector is not null)
                {
                    throw new HypervexException(ErrorCode.InvalidVector, $"The record \"{id}\" has two vectors for the default field.");
                }

                _vectors.Add((VectorChecks.Field(schema, name), value));
            }

            _vectors.Sort((left, right) => left.Field.Id.CompareTo(right.Field.Id));
        }

        for (int i = 0; i < _vectors.Count; i++)
        {
            (FieldSchema field, float[] value) = _vectors[i];
            _vectors[i] = (field, VectorChecks.Accept(field, value, id));
        }
    }
}
