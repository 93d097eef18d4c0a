using System.Runtime.InteropServices;
using Hypervex.Distances;
using Hypervex.Indexes;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// One vector field of a partition at work: its rows and its index. Exists once the dimension is known. Thread safety: one applier;
/// searches from any thread; disposed only when no call is under way.
/// </summary>
internal sealed unsafe class VectorField : IDisposable
{
    /// <summary>Rows in chunks begin with the floats.</summary>
    private const nuint OffsetInRow = 0;

    public VectorField(FieldSchema schema, ChunkStore rows, IndexingWorkers workers, ulong seed)
    {
        Schema = schema;
        _measure = Measure.Of(schema.Options);
        Rows = rows;
        Dimension = schema.Options.Dimension!.Value;
        RowLength = VectorShape.RowLength(schema.Options.Metric, Dimension);
        _rooms = new RowRooms(rows.Layout.Stride);
        IRowSource source = rows.Access == RowAccess.Read
            ? new RowSource<FileRows>(new FileRows(rows, _rooms, RowLength))
            : new RowSource<RowBlocks>(new RowBlocks(rows.Blocks, rows.Layout.Shift, (nuint)rows.Layout.Stride, OffsetInRow, RowLength));
        Index = schema.Options.Index.Type == IndexType.Flat
            ? new FlatIndex(_measure, source, workers.ScratchPool)
            : new FieldIndex(schema.Options, source, workers, seed);
    }

    /// <summary>Tables of block addresses, locks and rings of an empty field.</summary>
    public const long FixedBytes = 128 * 1024;

    private readonly Measure _measure;
    private readonly RowRooms _rooms;

    /// <summary>One bit for each row that a checkpoint brought and whose checksum has not been checked yet.</summary>
    private ulong[] _unchecked = [];

    public FieldSchema Schema { get; private set; }

    public int Dimension { get; }

    /// <summary>float32 places of a row and of a prepared query.</summary>
    public int RowLength { get; }

    public ChunkStore Rows { get; }

    public IFieldIndex Index { get; }

    /// <summary>Bytes of memory held, the least that an open field takes included; maps are not counted.</summary>
    public long MemoryBytes => FixedBytes + Index.CountedBytes + Rows.MemoryBytes + _rooms.Bytes;

    /// <summary>Bytes of memory that one more row takes, at most.</summary>
    public long MemoryBytesPerRow => Index.BytesPerRow + Rows.MemoryBytesPerRow;

    /// <summary>Bytes of memory that a row would take, at most, in a field that is not there yet.</summary>
    /// <param name="options">The field's settings; the dimension is set.</param>
    /// <param name="access">Where its rows would be.</param>
    public static long EstimateBytesPerRow(VectorFieldOptions options, RowAccess access)
    {
        int dimension = options.Dimension!.Value;
        long row = access == RowAccess.Memory ? new ChunkLayout(dimension, 1, VectorShape.ElementType(options.Metric)).Stride : 0;
        if (options.Index.Type == IndexType.Flat)
        {
            return row + 1;
        }

        using var graph = new HnswGraph(options.Index.M, seed: 0);
        return row + graph.BytesPerSlot + FieldCodes.BytesPerRowOf(options, VectorShape.RowLength(options.Metric, dimension));
    }

    /// <summary>Whether a record's vector is one of this field.</summary>
    public bool Holds(in RecordVector vector) => vector.Dimension == Dimension && vector.ElementType == VectorShape.ElementType(Schema.Options.Metric);

    /// <summary>Held while rows are placed and written: whoever holds it flushes them before letting go.</summary>
    public Lock Writing { get; } = new();

    /// <summary>Writes the row that the index reads for a record's vector.</summary>
    public void WriteRow(uint slot, in RecordVector vector, ulong vectorsSequence)
    {
        lock (Writing)
        {
            PlaceRow(slot, vector, vectorsSequence, rows: 1);
            Rows.Flush();
        }
    }

    /// <summary>Prepares the row that the index reads for a record's vector; the flush of the rows writes it. Under <see cref="Writing"/>.</summary>
    /// <param name="slot">The slot, which no reader knows.</param>
    /// <param name="vector">The vector.</param>
    /// <param name="vectorsSequence">The record's vectors sequence.</param>
    /// <param name="rows">How many rows will come until the flush, this one included.</param>
    public void PlaceRow(uint slot, in RecordVector vector, ulong vectorsSequence, int rows)
    {
        VectorShape.ToRow(_measure, vector, MemoryMarshal.Cast<byte, float>(Rows.Place(slot, rows)));
        Rows.Seal(vectorsSequence);
        Trust(slot);
    }

    /// <summary>Erases the row of a slot, if there is one.</summary>
    public void EraseRow(uint slot)
    {
        lock (Writing)
        {
            Rows.Erase(slot);
        }
    }

    /// <summary>Marks all rows below a slot as read from disk: each is checked when it first becomes part of an answer.</summary>
    public void DistrustRows(uint slots)
    {
        var words = new ulong[(slots + 63) / 64];
        Array.Fill(words, ulong.MaxValue);
        _unchecked = words;
    }

    /// <summary>Whether a row is the one that it should be; the checksum is computed once for each row that came from disk.</summary>
    public bool RowChecks(uint slot, uint rowIdentity)
    {
        ulong[] words = _unchecked;
        if (slot >> 6 >= (uint)words.Length || (Volatile.Read(ref words[slot >> 6]) >> (int)(slot & 63) & 1) == 0)
        {
            return true;
        }

        byte* room = _rooms.Rent();
        bool ok;
        try
        {
            ok = Rows.Layout.RowChecks(Rows.Row(slot, new Span<byte>(room, Rows.Layout.Stride)), rowIdentity);
        }
        finally
        {
            _rooms.Return(room);
        }

        if (ok)
        {
            Trust(slot);
        }

        return ok;
    }

    private void Trust(uint slot)
    {
        ulong[] words = _unchecked;
        if (slot >> 6 < (uint)words.Length)
        {
            Interlocked.And(ref words[slot >> 6], ~(1UL << (int)(slot & 63)));
        }
    }

    /// <summary>The distance of one row, the very same that a search of the index returns for it.</summary>
    /// <param name="prepared">float32[<see cref="RowLength"/>], prepared.</param>
    /// <param name="slot">A slot with a row.</param>
    public float Distance(ReadOnlySpan<float> prepared, uint slot)
    {
        byte* room = _rooms.Rent();
        try
        {
            fixed (float* query = prepared)
            fixed (byte* bytes = Rows.Row(slot, new Span<byte>(room, Rows.Layout.Stride)))
            {
                float* row = (float*)bytes;
                float rank = _measure.Metric switch
                {
                    Metric.Dot => NegatedProduct.Rank(query, row, RowLength),
                    Metric.Manhattan => AbsoluteDifference.Rank(query, row, RowLength),
                    Metric.Hamming => DifferingBits.Rank(query, row, RowLength),
                    Metric.Poincare => PoincareRank.Rank(query, row, RowLength),
                    Metric.Lorentz => LorentzRank.Rank(query, row, RowLength),
                    _ => SquaredDifference.Rank(query, row, RowLength),
                };
                return _measure.ToDistance(rank);
            }
        }
        finally
        {
            _rooms.Return(room);
        }
    }

    /// <summary>The width of searches that name none, from now on. Thread safety: one caller at a time, beside searches.</summary>
    public void UseEf(int ef)
    {
        if (Schema.Options.Index.Ef != ef)
        {
            Schema = Schema with { Options = Schema.Options with { Index = Schema.Options.Index with { Ef = ef } } };
            Index.UseEf(ef);
        }
    }

    /// <summary>The codes that are wanted from now on. Thread safety: one caller at a time, beside searches.</summary>
    public void UseQuantization(QuantizationKind quantization)
    {
        if (Schema.Options.Quantization != quantization)
        {
            Schema = Schema with { Options = Schema.Options with { Quantization = quantization } };
            Index.UseQuantization(quantization);
        }
    }

    public VectorFieldStats Stats()
    {
        FieldIndexStats index = Index.Stats;
        return new VectorFieldStats
        {
            Name = Schema.Name,
            Dimension = Dimension,
            Metric = Schema.Options.Metric,
            Index = Schema.Options.Index,
            Quantization = Schema.Options.Quantization,
            Linked = index.Linked,
            Pending = index.Pending,
            RowBytes = Rows.SizeBytes,
            IndexBytes = index.Bytes,
            CodeBytes = Index.CodeBytes,
            Codes = Index.Codes,
            RowMemoryBytes = Rows.MemoryBytes,
            RecallProfiles = Index.RecallProfiles,
        };
    }

    public void Dispose()
    {
        Index.Dispose();
        Rows.Dispose();
        _rooms.Dispose();
    }
}
