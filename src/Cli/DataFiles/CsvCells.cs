using System.Globalization;
using System.Text;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// The rows of a CSV file (RFC 4180: commas, double quotes, doubled quotes inside of them, line breaks inside of quotes) as
/// cells in one buffer. UTF-8, strictly; rows end with \n, \r\n or \r; blank lines are skipped. Memory: one row, at most
/// <see cref="LineReader.MaxLineBytes"/> characters.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class CsvCells : IDisposable
{
    private const int EndOfFile = -1;
    private readonly StreamReader _text;
    private readonly string _path;
    private readonly List<(int Start, int Length)> _cells = [];
    private char[] _row = new char[1 << 12];
    private int _length;
    private long _nextLine = 1;

    public CsvCells(FileBytes file)
    {
        _path = file.Path;
        _text = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16);
    }

    /// <summary>Cells of the present row.</summary>
    public int Count => _cells.Count;

    /// <summary>Number of the present row's first line, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>A cell of the present row, without its quotes; valid until the next row is read.</summary>
    public ReadOnlySpan<char> this[int index] => _row.AsSpan(_cells[index].Start, _cells[index].Length);

    /// <summary>Reads the next row that is not blank.</summary>
    /// <param name="number">The row's number, for messages; null for the header.</param>
    /// <returns>False at the end of the file.</returns>
    public bool TryRead(long? number)
    {
        try
        {
            while (Peek() is '\n' or '\r')
            {
                _nextLine += _text.Read() == '\n' ? 1 : 0;
            }

            if (Peek() == EndOfFile)
            {
                return false;
            }

            Line = _nextLine;
            _cells.Clear();
            _length = 0;
            while (ReadCell(number))
            {
            }

            return true;
        }
        catch (DecoderFallbackException cause)
        {
            throw Wrong(number, "UTF-8 text", "bytes that are not", cause);
        }
    }

    public void Dispose() => _text.Dispose();

    /// <summary>Reads one cell and what ends it; false when that is the row's end.</summary>
    private bool ReadCell(long? number)
    {
        int start = _length;
        int next = _text.Read();
        if (next == '"')
        {
            ReadQuoted(number);
            next = _text.Read();
            if (next is not (',' or '\r' or '\n' or EndOfFile))
            {
                throw Wrong(number, "a comma or the end of the row behind a closing quote", $"'{(char)next}'");
            }
        }
        else
        {
            for (; next is not (',' or '\r' or '\n' or EndOfFile); next = _text.Read())
            {
                if (next == '"')
                {
                    throw Wrong(number, "quotes around a whole cell, doubled inside of it", "a quote within an unquoted cell");
                }

                Append((char)next, number);
            }
        }

        _cells.Add((start, _length - start));
        if (next == '\r' && Peek() == '\n')
        {
            next = _text.Read();
        }

        _nextLine += next == '\n' ? 1 : 0;
        return next == ',';
    }

    private void ReadQuoted(long? number)
    {
        while (true)
        {
            int next = _text.Read();
            switch (next)
            {
                case EndOfFile:
                    throw Wrong(number, "a closing quote", "the end of the file");
                case '"' when Peek() != '"':
                    return;
                case '"':
                    _text.Read();
                    break;
                case '\n':
                    _nextLine++;
                    break;
            }

            Append((char)next, number);
        }
    }

    private void Append(char unit, long? number)
    {
        if (_length == _row.Length)
        {
            if (_length >= LineReader.MaxLineBytes)
            {
                throw Wrong(number, string.Create(CultureInfo.InvariantCulture, $"rows of at most {LineReader.MaxLineBytes} characters"), "a longer one");
            }

            Array.Resize(ref _row, _row.Length * 2);
        }

        _row[_length++] = unit;
    }

    private int Peek()
    {
        // StreamReader.Peek answers -1 also where its buffer is empty but the file goes on, for streams that cannot seek.
        int next = _text.Peek();
        return next == EndOfFile && !_text.EndOfStream ? _text.Peek() : next;
    }

    private DataFileException Wrong(long? number, string expected, string actual, Exception? cause = null) => new(
        _path,
        number,
        expected,
        string.Create(CultureInfo.InvariantCulture, $"{actual} (the row begins on line {Line})"),
        cause);
}
