using System.Globalization;
using System.Text;
using System.Text.Json;
using Hypervex.Wire;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Reads records from a CSV file with a header row; <see cref="CsvColumns"/> says what each column is.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class CsvVectorReader : IVectorReader
{
    private readonly string _path;
    private readonly CsvCells _cells;
    private readonly CsvColumns _columns;
    private readonly RowChecks _checks;
    private readonly JsonComponents _components;
    private readonly IReadOnlySet<string> _textColumns;
    private readonly int _componentColumns;
    private long _next;

    /// <summary>Takes the file over, which stands on its beginning.</summary>
    public CsvVectorReader(FileBytes file, FormatOptions options)
    {
        _path = file.Path;
        _cells = new CsvCells(file);
        _checks = new RowChecks(_path, options.Dimension);
        _components = new JsonComponents(_path);
        _textColumns = options.TextColumns;
        if (!_cells.TryRead(null))
        {
            throw new DataFileException(_path, null, "a header row", "an empty file");
        }

        _columns = CsvColumns.Read(_path, _cells, options);
        _componentColumns = _columns.Components;
        if (_componentColumns > 0)
        {
            _checks.CheckHeader(_componentColumns);
        }
    }

    public string Path => _path;

    public long? Count => null;

    public int? Dimension => _checks.Dimension;

    public bool TryRead(ref VectorRow row)
    {
        if (!_cells.TryRead(_next))
        {
            return false;
        }

        if (_cells.Count != _columns.Columns.Count)
        {
            throw Wrong(
                string.Create(CultureInfo.InvariantCulture, $"{_columns.Columns.Count} cells as the header has"),
                string.Create(CultureInfo.InvariantCulture, $"{_cells.Count} (line {_cells.Line})"));
        }

        try
        {
            row = ReadRecord(row.Vector);
        }
        catch (HypervexException cause)
        {
            throw new DataFileException(_path, _next, "metadata that can be stored", cause.Message.TrimEnd('.'), cause);
        }

        _next++;
        return true;
    }

    public void Dispose() => _cells.Dispose();

    private VectorRow ReadRecord(float[]? reusable)
    {
        float[] vector = _componentColumns == 0 ? [] : reusable?.Length == _componentColumns ? reusable : new float[_componentColumns];
        var row = new VectorRow { Number = _next, Vector = vector };
        var members = new MetadataObject();
        for (int i = 0; i < _columns.Columns.Count; i++)
        {
            (string name, CsvColumn kind, int component) = _columns.Columns[i];
            ReadOnlySpan<char> cell = _cells[i];
            switch (kind)
            {
                case CsvColumn.Component:
                    vector[component] = float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
                        ? value
                        : throw Wrong($"a number in column \"{name}\"", $"\"{cell}\"");
                    break;
                case CsvColumn.Vector:
                    row.Vector = ReadArray(cell, reusable);
                    break;
                case CsvColumn.Id:
                    row.Id = cell.IsEmpty ? null : cell.ToString();
                    break;
                case CsvColumn.Document:
                    row.Document = cell.IsEmpty ? null : cell.ToString();
                    break;
                case CsvColumn.CreatedAt:
                    row.CreatedAt = cell.IsEmpty ? null : ReadTime(cell);
                    break;
                case CsvColumn.ExpiresAt:
                    row.ExpiresAt = cell.IsEmpty ? null : ReadExpiry(cell);
                    break;
                case CsvColumn.Metadata:
                    AddMembers(members, cell);
                    break;
                default:
                    MetadataCell.AddTo(members, name, cell, _textColumns.Contains(name));
                    break;
            }
        }

        _checks.CheckFinite(_next, row.Vector);
        row.Metadata = members.Count > 0 ? members : null;
        return row;
    }

    private float[] ReadArray(ReadOnlySpan<char> cell, float[]? reusable)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(cell.ToString()));
        try
        {
            reader.Read();
            float[] vector = _components.Read(ref reader, _next, _checks, reusable);

            // Throws when anything but blanks follows.
            reader.Read();
            return vector;
        }
        catch (JsonException cause)
        {
            throw new DataFileException(_path, _next, "a vector as a JSON array of numbers", "text that is not", cause);
        }
    }

    private DateTimeOffset ReadTime(ReadOnlySpan<char> cell) =>
        DateTimeOffset.TryParse(cell, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : throw Wrong("\"created_at\" to be a time in ISO 8601, like 2026-01-27T12:00:00Z", $"\"{cell}\"");

    private DateTimeOffset? ReadExpiry(ReadOnlySpan<char> cell) =>
        WireTime.TryReadExpiry(cell.ToString(), out DateTimeOffset? time)
            ? time
            : throw Wrong($"\"expires_at\" to be {WireTime.Expected}", $"\"{cell}\"");

    private static void AddMembers(MetadataObject members, ReadOnlySpan<char> cell)
    {
        if (!cell.IsEmpty)
        {
            foreach ((string key, MetadataValue value) in MetadataObject.Parse(cell.ToString()))
            {
                members[key] = value;
            }
        }
    }

    private DataFileException Wrong(string expected, string actual) => new(_path, _next, expected, actual);
}
