namespace Hypervex.Storage;

/// <summary>A growing buffer for one frame at a time. Thread safety: none; rented by one reader at a time.</summary>
internal sealed class FrameBuffer
{
    private const int Smallest = 4096;
    private const int LargestKept = 1 << 20;

    [ThreadStatic]
    private static FrameBuffer? t_spare;

    private byte[] _bytes = new byte[Smallest];

    /// <summary>How many bytes to read at first: the length of the last frame.</summary>
    public int Guess { get; set; } = 1024;

    /// <summary>Takes this thread's spare buffer, or a new one. Give it back with <see cref="Return"/>.</summary>
    public static FrameBuffer Rent()
    {
        FrameBuffer buffer = t_spare ?? new FrameBuffer();
        t_spare = null;
        return buffer;
    }

    public void Return()
    {
        if (_bytes.Length <= LargestKept)
        {
            t_spare = this;
        }
    }

    /// <summary>At least <paramref name="length"/> bytes; what was in the buffer before is lost when it has to grow.</summary>
    public Span<byte> Span(int length)
    {
        if (_bytes.Length < length)
        {
            _bytes = new byte[Math.Max(length, _bytes.Length * 2)];
        }

        return _bytes.AsSpan(0, length);
    }
}
