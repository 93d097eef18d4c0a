using System.Runtime.CompilerServices;
using Hypervex.Indexes;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Rows that are read from their files, each by one system call (neighbours in a chunk by one together) into native memory. Nothing is mapped, so a fault of the disk is an
/// exception. Thread safety: see <see cref="IRows{TSelf}"/>.
/// </summary>
internal readonly unsafe struct FileRows : IRows<FileRows>
{
    private readonly ChunkStore _chunks;
    private readonly RowRooms _rooms;
    private readonly byte* _room;
    private readonly int _stride;

    public FileRows(ChunkStore chunks, RowRooms rooms, int dimension)
        : this(chunks, rooms, dimension, null)
    {
    }

    private FileRows(ChunkStore chunks, RowRooms rooms, int dimension, byte* room)
    {
        _chunks = chunks;
        _rooms = rooms;
        _room = room;
        _stride = chunks.Layout.Stride;
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public FileRows Rent() => new(_chunks, _rooms, Dimension, _rooms.Rent());

    /// <inheritdoc/>
    public void Return() => _rooms.Return(_room);

    /// <inheritdoc/>
    public void Bring(uint* slots, int count)
    {
        for (int first = 0; first < count;)
        {
            int end = first + 1;
            while (end < count && slots[end] == slots[end - 1] + 1 && !_chunks.Layout.IsFirstOfChunk(slots[end]))
            {
                end++;
            }

            _chunks.Read(slots[first], new Span<byte>(_room + (first * (nint)_stride), (end - first) * _stride));
            first = end;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Brought(uint slot, int place) => (float*)(_room + (place * (nint)_stride));

    /// <inheritdoc/>
    public float* Row(uint slot, int place)
    {
        byte* row = _room + (place * (nint)_stride);
        _chunks.Read(slot, new Span<byte>(row, _stride));
        return (float*)row;
    }

    /// <inheritdoc/>
    public int Ahead => 0;

    /// <inheritdoc/>
    public void Prefetch(uint slot)
    {
        // It is in no memory of this process yet.
    }
}
