using System.Globalization;
using System.Text;
using Hypervex.Wire;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Writes the columns <c>vector_id, document, metadata, created_at, expires_at, vector</c>, with metadata as a JSON object and the
/// vector as a JSON array; a record that never expires has an empty cell; lines end with \n.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class CsvWriter : IVectorWriter
{
    private readonly PartialFile _file;
    private readonly RowChecks _checks;
    private readonly StringBuilder _row = new();

    public CsvWriter(string path, FormatOptions options)
    {
        _checks = new RowChecks(path, options.Dimension);
        _file = new PartialFile(path);
        _file.Write("vector_id,document,metadata,created_at,expires_at,vector\n"u8);
    }

    public long Count { get; private set; }

    public void Write(in VectorRow row)
    {
        if (row.Vectors is not null)
        {
            throw new DataFileException(_file.Path, Count, "one vector per row", "named vectors, which only .ndjson holds");
        }

        float[] vector = row.Vector ?? [];
        _checks.CheckDimension(Count, vector.Length);
        _checks.CheckFinite(Count, vector);
        _row.Clear();
        AppendText(row.IdOrNumber);
        _row.Append(',');
        AppendText(row.Document ?? "");
        _row.Append(',');
        AppendText(row.Metadata?.ToJson() ?? "");
        _row.Append(',');
        _row.Append(row.CreatedAt?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture));
        _row.Append(',');
        _row.Append(row.ExpiresAt is { } expiresAt ? WireTime.Write(expiresAt) : "");
        _row.Append(",\"[");
        for (int i = 0; i < vector.Length; i++)
        {
            _row.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{vector[i]}");
        }

        _row.Append("]\"\n");
        _file.Write(Encoding.UTF8.GetBytes(_row.ToString()));
        Count++;
    }

    public void Complete() => _file.Complete();

    public void Dispose() => _file.Dispose();

    private void AppendText(string text)
    {
        if (text.AsSpan().IndexOfAny(",\"\r\n") < 0)
        {
            _row.Append(text);
        }
        else
        {
            _row.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }
    }
}
