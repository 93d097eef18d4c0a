using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// The lines of a UTF-8 file as bytes, without their ends (\n or \r\n) and without a byte order mark. Memory: the longest
/// line, at most <see cref="MaxLineBytes"/>.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class LineReader(FileBytes file)
{
    /// <summary>A record of 65,536 components of 20 characters, metadata and a document has under 3 MB.</summary>
    public const int MaxLineBytes = 64 << 20;

    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _atEndOfFile;
    private bool _started;

    /// <summary>Lines read so far.</summary>
    public long Lines { get; private set; }

    /// <summary>Reads the next line, which is valid until the next call.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        SkipByteOrderMark();
        int searched = 0;
        while (true)
        {
            int length = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = TakeLine(searched + length, 1);
                return true;
            }

            searched = _end - _start;
            if (_atEndOfFile)
            {
                line = TakeLine(searched, 0);
                return searched > 0;
            }

            Fill();
        }
    }

    private ReadOnlySpan<byte> TakeLine(int length, int endBytes)
    {
        ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
        _start += length + endBytes;
        Lines++;
        return line.Length > 0 && line[^1] == '\r' ? line[..^1] : line;
    }

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxLineBytes)
            {
                throw new DataFileException(
                    file.Path,
                    null,
                    string.Create(CultureInfo.InvariantCulture, $"lines of at most {MaxLineBytes} bytes"),
                    string.Create(CultureInfo.InvariantCulture, $"a longer one, line {Lines + 1}"));
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        int read = file.Read(_buffer.AsSpan(_end));
        _end += read;
        _atEndOfFile = read == 0;
    }

    private void SkipByteOrderMark()
    {
        if (_started)
        {
            return;
        }

        _started = true;
        while (_end < 3 && !_atEndOfFile)
        {
            Fill();
        }

        if (_buffer.AsSpan(_start, _end - _start).StartsWith("\uFEFF"u8))
        {
            _start += 3;
        }
    }
}
