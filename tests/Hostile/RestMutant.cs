using System.Text;

namespace Hypervex.Hostile.Tests;

/// <summary>
/// Sends mutated requests over REST: mostly another body in a right frame, else another path, other headers, or any bytes at all.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class RestMutant(IReadOnlyList<RestRequest> corpus, Random random, HttpWire wire, Judge judge)
{
    private static readonly string[] _headers =
    [
        "Content-Length: -1", "Content-Length: 99999999999", "Content-Length: 3", "Content-Length: 0x10", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Expect: 100-continue", "Expect: 7", "Content-Encoding: gzip",
        "Content-Type: text/plain", "Content-Type: application/json; charset=utf-16", "Content-Type: ", "If-Match: \"x\"", "If-Match: *", "If-None-Match: \"1\"", "Accept-Encoding: gzip, br;q=0.1, *;q=0", "Accept-Encoding: \u00ff",
        "X-Request-Id: a b", "Host: other", "Host: ", "Connection: close", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c", "Range: bytes=0-", "Origin: null", "Authorization: Bearer x", "Authorization: Basic Og==", "x-api-key: ",
        "Cookie: a=b", "X-A: " + new string('a', 40_000), "Bad Header: 1", ": 1", "X\0Y: 1", " folded",
    ];

    private readonly Mutation _mutation = new(random, [.. corpus.Where(request => request.Body is not null).Select(request => request.Body!)]);
    private readonly RestRequest[] _weighted = [.. corpus.SelectMany(request => Enumerable.Repeat(request, request.Weight))];

    /// <summary>Sends one and judges its answer.</summary>
    public Task SendAsync()
    {
        RestRequest request = _weighted[random.Next(_weighted.Length)];
        return random.Next(10) switch
        {
            <= 6 when request.Body is not null => SendBodyAsync(request),
            <= 7 => SendPathAsync(request),
            8 => SendHeadersAsync(request),
            _ => SendBytesAsync(_mutation.Of(request.Bytes(request.Body, isLast: true))),
        };
    }

    private static string Show(byte[] bytes) => $"{Encoding.Latin1.GetString(bytes, 0, Math.Min(bytes.Length, 500))} (base64 {Convert.ToBase64String(bytes)})";

    private async Task SendBodyAsync(RestRequest request)
    {
        byte[] body = _mutation.Of(request.Body!);
        byte[] bytes = request.Bytes(body);
        HttpAnswer? answer = await AskAsync(bytes);
        judge.Add(answer, mayBeBare: false, () => Show(bytes));
        if (answer is { Status: 201 } && request.Path.EndsWith(".hvsnap", StringComparison.Ordinal) && !body.AsSpan().SequenceEqual(request.Body))
        {
            judge.Find($"A damaged snapshot was taken in: {Show(bytes)}");
        }
    }

    // What would end the path, and with it break the frame, is percent-encoded.
    private async Task SendPathAsync(RestRequest request)
    {
        string path = string.Concat(_mutation.Of(Encoding.Latin1.GetBytes(request.Path)).Select(unit => unit is > 0x20 and < 0x7F ? $"{(char)unit}" : $"%{unit:X2}"));
        byte[] bytes = (request with { Path = path }).Bytes();
        judge.Add(await AskAsync(bytes), mayBeBare: true, () => Show(bytes));
    }

    private async Task<HttpAnswer?> AskAsync(byte[] bytes)
    {
        try
        {
            return await wire.AskAsync(bytes);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or System.Net.Sockets.SocketException or FormatException)
        {
            judge.AddSilence(error, () => Show(bytes));
            return null;
        }
    }

    private async Task SendBytesAsync(byte[] bytes)
    {
        try
        {
            (IReadOnlyList<int> statuses, string text) = await wire.AskOnceAsync(bytes);
            judge.Add(statuses, text, () => Show(bytes));
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            judge.AddSilence(error, () => Show(bytes));
        }
    }

    private Task SendHeadersAsync(RestRequest request)
    {
        byte[] head = request.Head(request.Body?.Length, isLast: true);
        int line = head.AsSpan().IndexOf("\r\n"u8) + 2;
        byte[] added = Encoding.Latin1.GetBytes(_headers[random.Next(_headers.Length)] + "\r\n");
        byte[] changed = random.Next(2) == 0 ? [.. head[..line], .. added, .. head[line..]] : [.. head[..line], .. _mutation.Of(head[line..])];
        return SendBytesAsync([.. changed, .. request.Body ?? []]);
    }
}
