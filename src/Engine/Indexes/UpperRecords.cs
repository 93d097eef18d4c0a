namespace Hypervex.Indexes;

/// <summary>
/// The links of the levels above 0. A node of level l has l records, chained upwards from the one of level 1, because few
/// nodes have more than one.
/// </summary>
/// <remarks>
/// Layout of a record, uint32 each: slot (<see cref="HnswGraph.None"/> when free) · index of the node's record one level up ·
/// level · m links, the unused ones <see cref="HnswGraph.None"/>.
/// Thread safety: taking and giving back from any thread; a record's links are guarded by the lock of its node.
/// </remarks>
internal sealed unsafe class UpperRecords(int m) : IDisposable
{
    private const int HeaderLength = 3;

    private readonly SlotBlocks _records = new((HeaderLength + m) * sizeof(uint));
    private readonly Stack<uint> _free = new();
    private readonly Lock _lock = new();
    private uint _count;

    /// <summary>Records that were ever taken; free ones are among them.</summary>
    public uint Count => Volatile.Read(ref _count);

    /// <summary>Bytes of one record.</summary>
    public int StrideBytes => _records.StrideBytes;

    /// <summary>Bytes of the records.</summary>
    public long Bytes => Count * (long)_records.StrideBytes;

    /// <summary>The node of a record; <see cref="HnswGraph.None"/> when it is free. The node may not lead to its record yet: it is absent until then.</summary>
    public uint SlotOf(uint record) => Volatile.Read(ref Header(record)[0]);

    /// <summary>The level of a record.</summary>
    public int LevelOf(uint record) => (int)Header(record)[2];

    /// <summary>The links of a record, uint32[m].</summary>
    public uint* Links(uint record) => Header(record) + HeaderLength;

    /// <summary>The links of the record that lies some levels above another one of the same node.</summary>
    public uint* LinksAbove(uint record, int levels)
    {
        uint* header = Header(record);
        for (; levels > 0; levels--)
        {
            header = Header(header[1]);
        }

        return header + HeaderLength;
    }

    /// <summary>Takes a chain of records without links for the levels 1 to <paramref name="level"/>.</summary>
    /// <returns>The record of level 1.</returns>
    public uint Take(uint slot, int level)
    {
        uint above = HnswGraph.None;
        lock (_lock)
        {
            for (int l = level; l >= 1; l--)
            {
                if (!_free.TryPop(out uint record))
                {
                    record = _count;
                    _records.EnsureSlot(record);
                    Header(record)[0] = HnswGraph.None;
                    Volatile.Write(ref _count, record + 1);
                }

                uint* header = Header(record);
                new Span<uint>(header + HeaderLength, m).Fill(HnswGraph.None);
                header[1] = above;
                header[2] = (uint)l;
                Volatile.Write(ref header[0], slot); // last: who sees the slot sees the record
                above = record;
            }
        }

        return above;
    }

    /// <summary>Gives the chain of a node back that nobody can reach any more.</summary>
    public void GiveBack(uint record)
    {
        lock (_lock)
        {
            while (record != HnswGraph.None)
            {
                uint* header = Header(record);
                header[0] = HnswGraph.None;
                _free.Push(record);
                record = header[1];
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _records.Dispose();

    private uint* Header(uint record) => (uint*)_records.View[record];
}
