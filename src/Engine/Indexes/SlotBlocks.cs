using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>
/// A native array of fixed-size entries by slot that grows by whole blocks and never moves: an address, once valid, stays
/// valid until <see cref="Dispose"/>. New entries are zero.
/// </summary>
/// <remarks>
/// Layout: entry i is at <c>table[i >> shift] + (i &amp; (2^shift - 1)) * stride</c>; a block holds 2^shift entries, as many
/// as fit <see cref="NativePages.BlockBytes"/>. The table of block addresses has a fixed capacity.
/// Thread safety: <see cref="EnsureSlot"/> from any thread; entries of slots for which it has returned may be used from any
/// thread that learnt of the slot afterwards. <see cref="Dispose"/> only when no thread uses the array.
/// </remarks>
internal sealed unsafe class SlotBlocks : IDisposable
{
    private readonly Lock _growing = new();
    private readonly int _shift;
    private readonly nuint _blockBytes;
    private readonly nuint _tableBytes;
    private byte** _table;
    private int _blocks;

    /// <summary>Creates an empty array.</summary>
    /// <param name="strideBytes">Bytes from one entry to the next, above 0.</param>
    public SlotBlocks(int strideBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(strideBytes);
        StrideBytes = strideBytes;
        nuint entries = Math.Max(1, NativePages.BlockBytes / (nuint)strideBytes);
        _shift = BitOperations.Log2(entries);
        _blockBytes = (nuint)strideBytes << _shift;

        // Enough blocks for every slot, as far as the address space goes: 4 TiB, or 4 GiB in 32 bits.
        nuint addressable = Environment.Is64BitProcess ? (nuint)1 << 42 : unchecked((nuint)uint.MaxValue);
        Capacity = (int)Math.Min(1UL << (32 - _shift), addressable / _blockBytes);
        _tableBytes = (nuint)Capacity * (nuint)sizeof(byte*);
        _table = (byte**)NativePages.Allocate(_tableBytes);
    }

    /// <summary>Bytes from one entry to the next.</summary>
    public int StrideBytes { get; }

    /// <summary>Greatest number of blocks.</summary>
    public int Capacity { get; }

    /// <summary>Blocks that exist.</summary>
    public int Blocks => Volatile.Read(ref _blocks);

    /// <summary>Entries of one block.</summary>
    public int BlockEntries => 1 << _shift;

    /// <summary>For reading and writing entries in hot loops.</summary>
    public BlockView View
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_table, _shift, (nuint)StrideBytes);
    }

    /// <summary>Makes the entry of a slot, and those of all slots below it, usable.</summary>
    public void EnsureSlot(uint slot)
    {
        int needed = (int)(slot >> _shift) + 1;
        if (needed <= Volatile.Read(ref _blocks))
        {
            return;
        }

        lock (_growing)
        {
            while (_blocks < needed)
            {
                if (_blocks == Capacity)
                {
                    throw new HypervexException(
                        ErrorCode.MemoryLimit,
                        $"The index cannot address slot {slot} with {StrideBytes} bytes each; its limit is slot {((ulong)Capacity << _shift) - 1}. Use more partitions.");
                }

                byte* block = NativePages.Allocate(_blockBytes);

                // A small collection shall not pay for whole huge pages: its first 2 MB come in small ones.
                nuint small = _blocks == 0 ? Math.Min(_blockBytes, NativePages.HugePageBytes) : 0;
                NativePages.AdviseHuge(block + small, _blockBytes - small);
                Volatile.Write(ref *(nint*)(_table + _blocks), (nint)block);
                Volatile.Write(ref _blocks, _blocks + 1);
            }
        }
    }

    /// <summary>Frees all blocks at once.</summary>
    public void Dispose()
    {
        if (_table == null)
        {
            return;
        }

        for (int i = 0; i < _blocks; i++)
        {
            NativePages.Free(_table[i], _blockBytes);
        }

        NativePages.Free((byte*)_table, _tableBytes);
        _table = null;
        _blocks = 0;
    }
}
