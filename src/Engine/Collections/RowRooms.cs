using System.Runtime.InteropServices;
using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>
/// Native memory for rows that are read from files: <see cref="RowPlaces.Count"/> rows in each piece, lent to one search or link at a time and kept for the next. There
/// are as many pieces as were ever lent at once. Thread safety: all members; disposed when nothing is lent.
/// </summary>
internal sealed unsafe class RowRooms(int stride) : IDisposable
{
    private const nuint Alignment = 64;

    private readonly Stack<nint> _free = [];
    private int _count;

    /// <summary>Bytes held.</summary>
    public long Bytes => (long)Volatile.Read(ref _count) * stride * RowPlaces.Count;

    public byte* Rent()
    {
        lock (_free)
        {
            if (_free.TryPop(out nint room))
            {
                return (byte*)room;
            }

            byte* made = (byte*)NativeMemory.AlignedAlloc((nuint)stride * RowPlaces.Count, Alignment);
            _count++;
            return made;
        }
    }

    public void Return(byte* room)
    {
        lock (_free)
        {
            _free.Push((nint)room);
        }
    }

    public void Dispose()
    {
        lock (_free)
        {
            while (_free.TryPop(out nint room))
            {
                NativeMemory.AlignedFree((void*)room);
            }
        }
    }
}
