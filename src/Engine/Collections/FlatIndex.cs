using System.Buffers.Binary;
using Hypervex.Distances;
using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>The index that scans: one bit for each slot says whether its row is live. Every search is exact.</summary>
/// <remarks>
/// A removed slot is given back when every search that began before its removal has ended.
/// Thread safety: as <see cref="FieldIndex"/>.
/// </remarks>
internal sealed unsafe class FlatIndex : IFieldIndex
{
    private const uint Format = 1;

    private readonly SlotBits _live = new();
    private readonly IRowScan _rows;
    private readonly ScratchPool _scratchPool;
    private readonly Queue<(uint Slot, long Epoch)> _removed = new();
    private uint _slotCount;
    private long _count;

    /// <summary>Creates an empty index.</summary>
    /// <param name="measure">The field's metric.</param>
    /// <param name="rows">The rows, which stay readable from <see cref="Add"/> until the slot comes out of <see cref="TryTakeFreed"/>.</param>
    /// <param name="scratchPool">Tells when searches have ended.</param>
    public FlatIndex(Measure measure, IRowSource rows, ScratchPool scratchPool)
    {
        _scratchPool = scratchPool;
        _rows = rows.Scan(_live, measure);
    }

    /// <inheritdoc/>
    public FieldIndexStats Stats => new(Volatile.Read(ref _count), 0, _removed.Count, SlotCount / 8);

    /// <inheritdoc/>
    public IReadOnlyList<RecallProfile> RecallProfiles => [];

    /// <inheritdoc/>
    public Action? Progressed
    {
        set
        {
            // Nothing is done in the background.
        }
    }

    /// <inheritdoc/>
    public MemoryShare? Memory
    {
        set
        {
            // Nothing is done in the background.
        }
    }

    /// <inheritdoc/>
    public long CountedBytes => SlotCount / 8;

    /// <inheritdoc/>
    public long CodeBytes => 0;

    /// <inheritdoc/>
    public long BytesPerRow => 1;

    private uint SlotCount => Volatile.Read(ref _slotCount);

    public void UseEf(int ef)
    {
    }

    /// <inheritdoc/>
    public CodeStats? Codes => null;

    /// <inheritdoc/>
    public long BytesToUse(QuantizationKind quantization) => 0;

    /// <inheritdoc/>
    public void UseQuantization(QuantizationKind quantization)
    {
        // Scans read rows.
    }

    /// <inheritdoc/>
    public void MakeRoom(int rows)
    {
        // There is always room.
    }

    /// <inheritdoc/>
    public void Add(uint slot)
    {
        _live.EnsureSlot(slot);
        _live.Set(slot);
        Delays.Here();
        Interlocked.Increment(ref _count);
        if (slot >= _slotCount)
        {
            Volatile.Write(ref _slotCount, slot + 1);
        }
    }

    /// <inheritdoc/>
    public void AddRun(uint first, int count)
    {
        uint end = first + (uint)count;
        _live.EnsureSlot(end - 1);
        for (uint slot = first; slot < end; slot++)
        {
            _live.Set(slot);
        }

        Interlocked.Add(ref _count, count);
        Volatile.Write(ref _slotCount, Math.Max(_slotCount, end));
    }

    /// <inheritdoc/>
    public void AddWhileOpening(uint slot) => Add(slot);

    /// <inheritdoc/>
    public void EndOpening()
    {
        // Nothing is done in the background.
    }

    /// <inheritdoc/>
    public void Remove(uint slot)
    {
        if (_live.Clear(slot))
        {
            Delays.Here();
            Interlocked.Decrement(ref _count);
            lock (_removed)
            {
                _removed.Enqueue((slot, _scratchPool.Advance()));
            }
        }
    }

    /// <inheritdoc/>
    public bool Contains(uint slot) => slot < SlotCount && _live.Contains(slot);

    /// <inheritdoc/>
    public bool TryTakeFreed(out uint slot)
    {
        lock (_removed)
        {
            bool isFree = _removed.TryPeek(out (uint Slot, long Epoch) oldest) && _scratchPool.HasPassed(oldest.Epoch);
            slot = isFree ? _removed.Dequeue().Slot : 0;
            return isFree;
        }
    }

    /// <inheritdoc/>
    public int Search(ReadOnlySpan<float> preparedQuery, in FieldSearch search, Span<SlotHit> hits, out FieldSearchReport report)
    {
        search.CancellationToken.ThrowIfCancellationRequested();
        SearchScratch scratch = _scratchPool.Rent(); // for its epoch: removed rows stay while it is lent
        try
        {
            uint slotCount = SlotCount;
            long matches = search.Allowed?.CountLive(_live, slotCount) ?? Volatile.Read(ref _count);
            fixed (float* query = preparedQuery)
            {
                return ExactSearch.Run(_rows, slotCount, matches, query, search, 0, hits, out report);
            }
        }
        finally
        {
            _scratchPool.Return(scratch);
        }
    }

    /// <inheritdoc/>
    public RecallProfile? MeasureRecall(int k, CancellationToken cancellationToken) => null;

    /// <inheritdoc/>
    public void WaitUntilLinked(CancellationToken cancellationToken)
    {
        // Rows are found as soon as they are added.
    }

    /// <inheritdoc/>
    public void ReleaseRemoved(CancellationToken cancellationToken)
    {
        long epoch = _scratchPool.Advance(); // every removal so far has an earlier one
        while (!_scratchPool.HasPassed(epoch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Thread.Sleep(1);
        }
    }

    /// <inheritdoc/>
    public void Verify(Action<string> finding, out long nodes)
    {
        nodes = 0;
        for (uint slot = 0; slot < SlotCount; slot++)
        {
            nodes += _live.Contains(slot) ? 1 : 0;
        }
    }

    /// <inheritdoc/>
    public void Save(Stream stream)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        WriteUInt32(stream, number, Format);
        WriteUInt32(stream, number, 0);
        uint slots = SlotCount;
        for (uint slot = 0; slot < slots; slot++)
        {
            if (_live.Contains(slot))
            {
                WriteUInt32(stream, number, slot);
            }
        }

        WriteUInt32(stream, number, HnswGraph.None);
    }

    /// <inheritdoc/>
    public long Unsaved => 0; // adding a row again is no work

    /// <inheritdoc/>
    public bool HasCodes => false;

    /// <inheritdoc/>
    public bool AreCodesSaved => true;

    /// <inheritdoc/>
    public bool SaveCodes(Func<Stream> begin) => false;

    /// <inheritdoc/>
    public void Load(Stream stream, Stream? codes = null)
    {
        using var buffered = new BufferedStream(stream, 256 * 1024);
        if (ReadUInt32(buffered) != Format || ReadUInt32(buffered) != 0)
        {
            throw new InvalidDataException("The snapshot is not of a flat index.");
        }

        uint next = 0;
        for (uint slot = ReadUInt32(buffered); slot != HnswGraph.None; slot = ReadUInt32(buffered))
        {
            if (slot < next || slot > HnswGraph.MaxSlot)
            {
                throw new InvalidDataException("The snapshot's slots are not in order.");
            }

            next = slot + 1;
            Add(slot);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _live.Dispose();

    private static void WriteUInt32(Stream stream, Span<byte> number, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(number, value);
        stream.Write(number);
    }

    private static uint ReadUInt32(Stream stream)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        stream.ReadExactly(number);
        return BinaryPrimitives.ReadUInt32LittleEndian(number);
    }
}
