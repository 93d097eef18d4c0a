using System.Runtime.InteropServices;

namespace Hypervex.Indexes;

/// <summary>Native working memory of one owner that grows when more is needed; its content is lost then.</summary>
/// <typeparam name="T">The type of its elements.</typeparam>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const nuint Alignment = 64;

    private T* _memory;

    /// <summary>Elements that fit.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes held.</summary>
    public long Bytes => (long)Length * sizeof(T);

    /// <summary>Memory for a number of elements, aligned to 64 bytes. What was there is kept only when nothing had to grow.</summary>
    public T* Take(int length)
    {
        if (length > Length)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            Length = 0;
            int rounded = (int)Math.Min(Array.MaxLength, Math.Max(64, (long)length + (length / 2)));
            _memory = (T*)NativeMemory.AlignedAlloc((nuint)rounded * (nuint)sizeof(T), Alignment);
            Length = rounded;
        }

        return _memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        Length = 0;
    }
}
