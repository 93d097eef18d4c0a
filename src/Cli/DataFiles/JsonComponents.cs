using System.Globalization;
using System.Text.Json;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Reads a JSON array of numbers as a vector; used by NDJSON and by CSV columns that hold such an array.
/// Thread safety: belongs to one reader.
/// </summary>
internal sealed class JsonComponents(string path)
{
    private float[] _buffer = new float[1024];

    /// <summary>Reads the array that the reader stands on; afterwards it stands on the array's end.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="row">The row, for messages.</param>
    /// <param name="checks">What the rows before say about the dimension.</param>
    /// <param name="reusable">Is filled and returned when its length fits; otherwise a new array is.</param>
    public float[] Read(ref Utf8JsonReader reader, long row, RowChecks checks, float[]? reusable)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new DataFileException(path, row, "a vector as an array of numbers", "something else");
        }

        int count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            if (count == Limits.MaxDimension)
            {
                checks.CheckDimension(row, count + 1);
            }

            if (count == _buffer.Length)
            {
                Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, Limits.MaxDimension));
            }

            // Overflow gives infinity, which the check below finds.
            _buffer[count++] = reader.GetSingle();
        }

        if (reader.TokenType != JsonTokenType.EndArray)
        {
            throw new DataFileException(
                path, row, "a vector as an array of numbers", string.Create(CultureInfo.InvariantCulture, $"something else as component {count}"));
        }

        checks.CheckDimension(row, count);
        checks.CheckFinite(row, _buffer.AsSpan(0, count));
        float[] vector = reusable?.Length == count ? reusable : new float[count];
        _buffer.AsSpan(0, count).CopyTo(vector);
        return vector;
    }
}
