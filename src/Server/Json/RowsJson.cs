using System.Globalization;

namespace Hypervex.Server.Json;

/// <summary>
/// A batch of records whose vectors are bytes: one line of JSON, <c>{"vector_ids": ["a", null, ..], "using": "title", "metadata": [{..}, null, ..], "documents": ["..", null, ..],
/// "expires_at": ["..", null, ..]}</c>, a line feed, and the rows, <c>float32[records, dimension]</c>, little-endian (of bit vectors: packed bytes). Only the ids are needed, of which null stands for
/// a new one; the other lists are as long. The rows' number and bytes give the dimension.
/// Thread safety: pure functions.
/// </summary>
internal sealed class RowsJson
{
    private static readonly KeySet _keys = new("vector_ids", "using", "metadata", "documents", "expires_at");
    private List<string>? _ids;
    private List<MetadataObject?>? _metadata;
    private List<string?>? _documents;
    private List<DateTimeOffset?>? _expiries;
    private string _field = "";

    /// <summary>Reads a body.</summary>
    /// <param name="body">The body.</param>
    /// <param name="isBits">Whether a vector field holds bits.</param>
    public static BatchJson Read(ReadOnlySpan<byte> body, Predicate<string> isBits)
    {
        int end = body.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new HypervexException(ErrorCode.InvalidJson, "The body has no line feed; expected one line of JSON with the ids, a line feed, and the vectors' bytes.");
        }

        RowsJson header = StrictJson.ReadDocument(body[..end], ReadHeader);
        return new BatchJson(header.Records(body[(end + 1)..], isBits(header._field)), [], Partial: false);
    }

    private static RowsJson ReadHeader(ref StrictJson json)
    {
        json.ExpectObject();
        var header = new RowsJson();
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "vector_ids":
                    header._ids = ReadList(ref json, static (ref StrictJson item) => item.ReadString() ?? RecordJson.NewId());
                    break;
                case "using":
                    header._field = json.ReadString() ?? "";
                    break;
                case "metadata":
                    header._metadata = ReadList(ref json, ContentJson.ReadMetadata);
                    break;
                case "documents":
                    header._documents = ReadList(ref json, static (ref StrictJson item) => item.ReadString());
                    break;
                default:
                    header._expiries = ReadList(ref json, static (ref StrictJson item) => RecordJson.ReadExpiry(ref item, out _));
                    break;
            }
        }

        int count = (header._ids ?? throw json.Fail(ErrorCode.InvalidJson, "the key \"vector_ids\" is missing.")).Count;
        CheckLength(ref json, "metadata", header._metadata?.Count ?? count, count);
        CheckLength(ref json, "documents", header._documents?.Count ?? count, count);
        CheckLength(ref json, "expires_at", header._expiries?.Count ?? count, count);
        return header;
    }

    private static List<T> ReadList<T>(ref StrictJson json, StrictJson.ValueReader<T> read)
    {
        json.ExpectArray();
        var items = new List<T>();
        for (int index = -1; json.NextItem(ref index);)
        {
            if (index == Limits.MaxBatch)
            {
                throw json.Fail(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"a batch holds at most {Limits.MaxBatch} records."));
            }

            items.Add(read(ref json));
        }

        return items;
    }

    private static void CheckLength(ref StrictJson json, string list, int length, int expected)
    {
        if (length != expected)
        {
            throw json.Fail(ErrorCode.InvalidJson, string.Create(CultureInfo.InvariantCulture, $"\"{list}\" has {length} items, \"vector_ids\" has {expected}; give one for each record, null where there is none."));
        }
    }

    private VectorRecord[] Records(ReadOnlySpan<byte> rows, bool isBits)
    {
        int count = _ids!.Count;
        if (count == 0 ? !rows.IsEmpty : rows.Length % count != 0)
        {
            throw new HypervexException(
                ErrorCode.DimensionMismatch,
                string.Create(CultureInfo.InvariantCulture, $"{rows.Length} bytes are behind the header line, which is no whole number of bytes for each of its {count} records."));
        }

        int bytesOfRow = count == 0 ? 0 : rows.Length / count;
        var records = new VectorRecord[count];
        for (int i = 0; i < count; i++)
        {
            string id = _ids[i];
            float[] vector = VectorBytes.ToVector(rows.Slice(i * bytesOfRow, bytesOfRow), isBits, () => $"The vector of record {JsonPath.Quote(id)}");
            records[i] = new VectorRecord
            {
                Id = id,
                Vector = _field.Length == 0 ? vector : null,
                Vectors = _field.Length == 0 ? null : new Dictionary<string, float[]>(StringComparer.Ordinal) { [_field] = vector },
                Metadata = _metadata?[i],
                Document = _documents?[i],
                ExpiresAt = _expiries?[i],
            };
        }

        return records;
    }
}
