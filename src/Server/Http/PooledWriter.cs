using System.Buffers;

namespace Hypervex.Server.Http;

/// <summary>
/// A growing buffer of pooled memory.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class PooledWriter : IBufferWriter<byte>, IDisposable
{
    private const int FirstRent = 4 * 1024;
    private byte[] _buffer = [];
    private int _count;

    /// <summary>What was written since the last <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _count);

    public void Advance(int count) => _count += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_count);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Forgets what was written and keeps the memory.</summary>
    public void Clear() => _count = 0;

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _count = 0;
        }
    }

    private void Reserve(int size)
    {
        if (_buffer.Length - _count >= size)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(_count + size, _buffer.Length * 2), FirstRent));
        _buffer.AsSpan(0, _count).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
