using System.Buffers;
using Hypervex.Server.Http;

namespace Hypervex.Server.Grpc;

/// <summary>
/// The bytes of one message in pooled memory, which grows with what arrives and never with what a length claims.
/// Invariant: the rented bytes are taken from the budget.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class MessageBuffer(BodyBudget budget) : IDisposable
{
    private const int FirstRent = 16 * 1024;
    private byte[] _buffer = [];
    private int _count;

    /// <summary>What has arrived.</summary>
    public ArraySegment<byte> Bytes => new(_buffer, 0, _count);

    /// <summary>Room behind what has arrived, at least one byte and at most as many as asked for.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Overloaded"/>: the budget is used up.</exception>
    public Memory<byte> Room(int atMost)
    {
        if (_count == _buffer.Length)
        {
            Grow((int)Math.Min(Math.Max(FirstRent, _buffer.Length * 2L), (long)_count + atMost));
        }

        return _buffer.AsMemory(_count, Math.Min(atMost, _buffer.Length - _count));
    }

    /// <summary>So many bytes of the room hold what has arrived.</summary>
    public void Advance(int count) => _count += count;

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            budget.Return(_buffer.Length);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _count = 0;
        }
    }

    private void Grow(int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            budget.Take(larger.Length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(larger);
            throw;
        }

        _buffer.AsSpan(0, _count).CopyTo(larger);
        int count = _count;
        Dispose();
        (_buffer, _count) = (larger, count);
    }
}
