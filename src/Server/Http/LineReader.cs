using System.Buffers;
using System.Globalization;
using Hypervex.Wire;

namespace Hypervex.Server.Http;

/// <summary>
/// Reads a stream line by line in one pooled buffer, which grows to the longest line and no further.
/// Invariant: the rented bytes are taken from the budget.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class LineReader(Stream stream, BodyBudget budget, int maxLineBytes) : IDisposable
{
    private const int FirstRent = 64 * 1024;
    private byte[] _buffer = [];
    private int _lineStart;
    private int _lineEnd;
    private int _next;
    private int _end;

    /// <summary>Number of the line, from 1; 0 before the first.</summary>
    public long Number { get; private set; }

    /// <summary>The line without its line feed.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_lineStart, _lineEnd - _lineStart);

    /// <summary>Moves to the next line; false at the end.</summary>
    /// <exception cref="RefusedException">The line is too long.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        int searched = _next;
        while (true)
        {
            int feed = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                return Take(searched + feed, searched + feed + 1);
            }

            searched = _end - _next;
            MakeRoom();
            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return _end > _next && Take(_end, _end);
            }

            _end += read;
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            budget.Return(_buffer.Length);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _lineStart = _lineEnd = _next = _end = 0;
        }
    }

    private bool Take(int lineEnd, int next)
    {
        Number++;
        (_lineStart, _lineEnd, _next) = (_next, lineEnd, next);
        return true;
    }

    // Moves the unfinished line to the buffer's start, and into a larger buffer when it fills this one.
    private void MakeRoom()
    {
        int unfinished = _end - _next;
        if (unfinished > maxLineBytes)
        {
            throw new RefusedException(
                ErrorCodes.BodyTooLarge,
                string.Create(CultureInfo.InvariantCulture, $"Line {Number + 1} is longer than {maxLineBytes} bytes."));
        }

        if (unfinished < _buffer.Length)
        {
            // A long line that starts the buffer already stays where it is, however many reads it takes.
            if (_next > 0)
            {
                _buffer.AsSpan(_next, unfinished).CopyTo(_buffer);
            }
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstRent, _buffer.Length * 2));
            try
            {
                budget.Take(larger.Length);
            }
            catch
            {
                ArrayPool<byte>.Shared.Return(larger);
                throw;
            }

            _buffer.AsSpan(_next, unfinished).CopyTo(larger);
            int old = _buffer.Length;
            if (old > 0)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                budget.Return(old);
            }

            _buffer = larger;
        }

        (_lineStart, _lineEnd, _next, _end) = (0, 0, 0, unfinished);
    }
}
