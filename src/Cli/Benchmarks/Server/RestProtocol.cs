using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Hypervex.Cli.Input;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>REST (docs/rest.md). Vectors are JSON numbers; or, with octets, bytes where a route takes them and base64 elsewhere.</summary>
internal sealed class RestProtocol(ServerBenchmarkSettings settings) : ILoadProtocol
{
    private const string Json = "application/json";
    private const string Bytes = "application/octet-stream";

    private readonly string _collection = $"/api/v1/collections/{settings.Collection}";
    private readonly bool _octets = settings.Transport == LoadTransport.RestOctets;

    /// <inheritdoc/>
    public LoadConnection Connect() => new HttpLoadConnection(settings.Target);

    /// <inheritdoc/>
    public byte[] Create() => Request("POST", "/api/v1/collections", Json, Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"name":"{{{settings.Collection}}}","dimension":{{{settings.Dimension}}},"metric":"{{{Choice.Word(settings.Metric)}}}","index":{"m":{{{settings.M}}},"ef_construction":{{{settings.EfConstruction}}}},"quantization":"{{{Choice.Word(settings.Quantization)}}}"}""")));

    /// <inheritdoc/>
    public byte[] Drop() => Request("DELETE", _collection);

    /// <inheritdoc/>
    public byte[] Stats() => Request("GET", _collection + "/vectors/stats");

    /// <inheritdoc/>
    public long ReadPending(ReadOnlySpan<byte> answer)
    {
        using JsonDocument stats = Parse(answer);
        return stats.RootElement.GetProperty("index").GetProperty("pending").GetInt64();
    }

    /// <inheritdoc/>
    public byte[] Upsert(int first, ReadOnlySpan<float[]> rows)
    {
        var text = new StringBuilder();
        if (!_octets)
        {
            text.Append("{\"vectors\":[");
            for (int i = 0; i < rows.Length; i++)
            {
                text.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{{\"vector_id\":\"{first + i}\",\"vector\":{Vector(rows[i])}}}");
            }

            return Request("POST", _collection + "/vectors/batch", Json, Encoding.UTF8.GetBytes(text.Append("]}").ToString()));
        }

        text.Append("{\"vector_ids\":[").AppendJoin(',', Enumerable.Range(first, rows.Length).Select(row => string.Create(CultureInfo.InvariantCulture, $"\"{row}\""))).Append("]}\n");
        using var body = new MemoryStream();
        body.Write(Encoding.UTF8.GetBytes(text.ToString()));
        foreach (float[] row in rows)
        {
            body.Write(MemoryMarshal.AsBytes(row.AsSpan()));
        }

        return Request("POST", _collection + "/vectors/batch", Bytes, body.ToArray());
    }

    /// <inheritdoc/>
    public byte[] Search(float[] query)
    {
        string ef = settings.Ef is { } width ? string.Create(CultureInfo.InvariantCulture, $"{width}") : "";
        return _octets
            ? Request("POST", string.Create(CultureInfo.InvariantCulture, $"{_collection}/vectors/search?top_k={settings.K}&include={(ef.Length > 0 ? "&ef=" + ef : "")}"), Bytes, MemoryMarshal.AsBytes(query.AsSpan()).ToArray())
            : Request("POST", _collection + "/vectors/search", Json, Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $$"""{"query_vector":{{Vector(query)}},"top_k":{{settings.K}},"include":[]{{(ef.Length > 0 ? ",\"ef\":" + ef : "")}}}""")));
    }

    /// <inheritdoc/>
    public int[] ReadRows(ReadOnlySpan<byte> answer)
    {
        using JsonDocument found = Parse(answer);
        return [.. found.RootElement.GetProperty("results").EnumerateArray().Select(hit => int.Parse(hit.GetProperty("vector_id").GetString()!, CultureInfo.InvariantCulture))];
    }

    /// <inheritdoc/>
    public byte[] Get(int row) => Request("GET", Of(row) + (_octets ? "?vector_format=base64" : ""));

    /// <inheritdoc/>
    public byte[] Update(int row, float[] vector) => Request("PUT", Of(row), Json, Encoding.UTF8.GetBytes($$"""{"vector":{{Vector(vector)}}}"""));

    /// <inheritdoc/>
    public byte[] Delete(int row) => Request("DELETE", Of(row));

    private static JsonDocument Parse(ReadOnlySpan<byte> answer)
    {
        var reader = new Utf8JsonReader(answer);
        return JsonDocument.ParseValue(ref reader);
    }

    private string Of(int row) => string.Create(CultureInfo.InvariantCulture, $"{_collection}/vectors/{row}");

    private string Vector(float[] vector) => _octets
        ? $"\"{Convert.ToBase64String(MemoryMarshal.AsBytes(vector.AsSpan()))}\""
        : $"[{string.Join(',', vector.Select(component => component.ToString("R", CultureInfo.InvariantCulture)))}]";

    private byte[] Request(string method, string path, string? contentType = null, byte[]? body = null)
    {
        string key = settings.ApiKey is { } text ? $"x-api-key: {text}\r\n" : "";
        string content = body is null ? "" : string.Create(CultureInfo.InvariantCulture, $"Content-Type: {contentType}\r\nContent-Length: {body.Length}\r\n");
        return [.. Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: {settings.Target.Authority}\r\n{key}{content}\r\n"), .. body ?? []];
    }
}
