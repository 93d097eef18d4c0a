using System.Buffers;
using System.Text.Json;
using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>
/// Records as lines of JSON, as many as are sent together. One without an id gets one here, so that it is the same record when it is sent again.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class ImportLines
{
    private const int MostRecords = 1_000;
    private const int MostBytes = 4 << 20;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The lines.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.WrittenMemory;

    /// <summary>Records in them.</summary>
    public int Count { get; private set; }

    /// <summary>Whether it is time to send them.</summary>
    public bool IsFull => Count >= MostRecords || _bytes.WrittenCount >= MostBytes;

    /// <summary>Adds a record.</summary>
    public void Add(RecordMessage record)
    {
        ArgumentNullException.ThrowIfNull(record);
        using (var writer = new Utf8JsonWriter(_bytes))
        {
            JsonSerializer.Serialize(writer, record.VectorId is null ? record with { VectorId = Guid.CreateVersion7().ToString() } : record, WireJson.Default.RecordMessage);
        }

        _bytes.Write("\n"u8);
        Count++;
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _bytes.ResetWrittenCount();
        Count = 0;
    }
}
