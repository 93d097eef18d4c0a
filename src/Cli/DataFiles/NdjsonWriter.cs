using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Hypervex.Wire;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Writes one JSON record per line, in the shape that <see cref="NdjsonReader"/> and the REST API read. Numbers have the
/// fewest digits that give the same float32 back.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class NdjsonWriter : IVectorWriter
{
    private readonly PartialFile _file;
    private readonly RowChecks _checks;
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Utf8JsonWriter _json;

    public NdjsonWriter(string path, FormatOptions options)
    {
        _checks = new RowChecks(path, options.Dimension);
        _file = new PartialFile(path);
        _json = new Utf8JsonWriter(_line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public long Count { get; private set; }

    public void Write(in VectorRow row)
    {
        _line.ResetWrittenCount();
        _json.Reset(_line);
        _json.WriteStartObject();
        _json.WriteString("vector_id", row.IdOrNumber);
        if (row.Vector is { Length: > 0 } vector)
        {
            _checks.CheckDimension(Count, vector.Length);
            WriteVector("vector", vector);
        }

        if (row.Vectors is not null)
        {
            _json.WriteStartObject("vectors");
            foreach ((string name, float[] named) in row.Vectors)
            {
                WriteVector(name, named);
            }

            _json.WriteEndObject();
        }

        if (row.Metadata is not null)
        {
            _json.WritePropertyName("metadata");
            row.Metadata.WriteTo(_json);
        }

        if (row.Document is not null)
        {
            _json.WriteString("document", row.Document);
        }

        if (row.ExpiresAt is not null)
        {
            _json.WriteString("expires_at", WireTime.Write(row.ExpiresAt));
        }

        if (row.CreatedAt is not null)
        {
            _json.WriteString("created_at", row.CreatedAt.Value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFZ", CultureInfo.InvariantCulture));
        }

        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);
        _file.Write(_line.WrittenSpan);
        Count++;
    }

    public void Complete() => _file.Complete();

    public void Dispose()
    {
        _json.Dispose();
        _file.Dispose();
    }

    private void WriteVector(string name, float[] vector)
    {
        _checks.CheckFinite(Count, vector);
        _json.WriteStartArray(name);
        foreach (float component in vector)
        {
            _json.WriteNumberValue(component);
        }

        _json.WriteEndArray();
    }
}
