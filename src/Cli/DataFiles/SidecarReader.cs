using System.Globalization;
using System.Text;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Joins a file of bare vectors with a tab-separated file, row by row: the n-th line behind the header belongs to the n-th
/// vector. A cell has no quotes and no escapes. The columns <c>id</c> (or <c>vector_id</c>) and <c>document</c> have a
/// meaning; every other one becomes a member of the metadata. Both files must have equally many rows.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class SidecarReader : IVectorReader
{
    private readonly IVectorReader _vectors;
    private readonly FileBytes _file;
    private readonly LineReader _lines;
    private readonly IReadOnlySet<string> _textColumns;
    private readonly string[] _columns;

    private SidecarReader(IVectorReader vectors, FileBytes file, FormatOptions options)
    {
        _vectors = vectors;
        _file = file;
        _lines = new LineReader(file);
        _textColumns = options.TextColumns;
        _columns = ReadHeader(options);
    }

    public string Path => _vectors.Path;

    public long? Count => _vectors.Count;

    public int? Dimension => _vectors.Dimension;

    /// <summary>Takes the reader over and joins it with the sidecar of the options.</summary>
    public static SidecarReader Join(IVectorReader vectors, FormatOptions options)
    {
        var file = FileBytes.Open(options.Sidecar!);
        try
        {
            return new SidecarReader(vectors, file, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public bool TryRead(ref VectorRow row)
    {
        if (!_vectors.TryRead(ref row))
        {
            return _lines.TryRead(out _)
                ? throw new DataFileException(_file.Path, _lines.Lines - 2, "as many rows as there are vectors", "more")
                : false;
        }

        if (!_lines.TryRead(out ReadOnlySpan<byte> line))
        {
            throw new DataFileException(_file.Path, row.Number, "as many rows as there are vectors", "the end of the file");
        }

        string[] cells = Decode(line, row.Number).Split('\t');
        if (cells.Length != _columns.Length)
        {
            throw new DataFileException(
                _file.Path,
                row.Number,
                string.Create(CultureInfo.InvariantCulture, $"{_columns.Length} cells as the header has"),
                string.Create(CultureInfo.InvariantCulture, $"{cells.Length}"));
        }

        AddCells(ref row, cells);
        return true;
    }

    public void Dispose()
    {
        _vectors.Dispose();
        _file.Dispose();
    }

    private void AddCells(ref VectorRow row, string[] cells)
    {
        MetadataObject metadata = row.Metadata ?? new MetadataObject();
        for (int i = 0; i < cells.Length; i++)
        {
            switch (_columns[i])
            {
                case "id" or "vector_id":
                    row.Id = cells[i].Length > 0 ? cells[i] : row.Id;
                    break;
                case "document":
                    row.Document = cells[i].Length > 0 ? cells[i] : row.Document;
                    break;
                default:
                    MetadataCell.AddTo(metadata, _columns[i], cells[i], _textColumns.Contains(_columns[i]));
                    break;
            }
        }

        row.Metadata = metadata.Count > 0 ? metadata : null;
    }

    private string[] ReadHeader(FormatOptions options)
    {
        if (!_lines.TryRead(out ReadOnlySpan<byte> header))
        {
            throw new DataFileException(_file.Path, null, "a header row", "an empty file");
        }

        string[] names = [.. Decode(header, null).Split('\t').Select(name => options.ColumnNames.GetValueOrDefault(name, name))];
        string? twice = names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is null ? names : throw new DataFileException(_file.Path, null, "a header that names each column once", $"\"{twice}\" twice");
    }

    private string Decode(ReadOnlySpan<byte> line, long? row) =>
        System.Text.Unicode.Utf8.IsValid(line)
            ? Encoding.UTF8.GetString(line)
            : throw new DataFileException(_file.Path, row, "UTF-8 text", "bytes that are not");
}
