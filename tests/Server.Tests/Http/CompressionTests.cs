using System.IO.Compression;
using System.Net;
using System.Text;
using Hypervex.Server.Http;
using Hypervex.Server.Tests.Keys;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Tests.Http;

/// <summary>Answers that are compressed, not sent again, or told about because they took long.</summary>
public sealed class CompressionTests
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task Long_answers_are_compressed_for_those_who_ask_and_say_the_same(string coding)
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([.. Enumerable.Range(1, 500).Select(i => new[] { (float)i, 1f })]);
        foreach (string path in (string[])["/api/v1/vectors?limit=500", "/api/v1/vectors/export", "/openapi/v1.json", "/metrics"])
        {
            (string? used, byte[] body) = await GetAsync(server, path, coding);
            Assert.Equal(coding, used);
            string plain = (await server.GetAsync(path)).Body;
            string text = Encoding.UTF8.GetString(Expand(body, coding));
            Assert.True(path == "/metrics" ? text.Length > Compression.LeastBytes : text == plain, path);
            Assert.True(body.Length < plain.Length, $"{path}: {body.Length} bytes for {plain.Length}");
        }
    }

    [Fact]
    public async Task Short_answers_and_those_to_others_go_as_they_are()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 2]);
        Assert.Null((await GetAsync(server, "/api/v1/vectors/0", "gzip")).Coding);
        Assert.Null((await GetAsync(server, "/api/v1/vectors/none", "gzip")).Coding);
        Assert.Null((await GetAsync(server, "/openapi/v1.json", "identity")).Coding);
    }

    [Fact]
    public async Task Answers_about_keys_are_never_compressed()
    {
        await using KeyServer server = await KeyServer.StartAsync();
        for (int i = 0; i < 60; i++)
        {
            await server.CreateAsync("read", null, server.Admin);
        }

        Answer list = await server.Test.SendAsync("GET", "/api/v1/keys", (byte[]?)null, null, ("x-api-key", server.Admin), ("Accept-Encoding", "gzip, br"));
        Assert.True(list.Body.Length > Compression.LeastBytes);
        Assert.Empty(list.ContentHeaders.ContentEncoding);
    }

    [Fact]
    public async Task A_record_that_has_not_changed_is_not_sent_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.FillAsync([1, 2]);
        string tag = (await server.GetAsync("/api/v1/vectors/0")).Header("ETag")!;
        foreach (string header in (string[])[tag, "*", "\"x\", " + tag, "W/" + tag])
        {
            Answer same = await server.SendAsync("GET", "/api/v1/vectors/0", (byte[]?)null, null, ("If-None-Match", header));
            Assert.Equal((HttpStatusCode.NotModified, "", tag), (same.Status, same.Body, same.Header("ETag")));
        }

        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("GET", "/api/v1/vectors/0", (byte[]?)null, null, ("If-None-Match", "\"other\""))).Status);
        await server.PutAsync("/api/v1/vectors/0", """{"document":"changed"}""");
        Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("GET", "/api/v1/vectors/0", (byte[]?)null, null, ("If-None-Match", tag))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await server.SendAsync("GET", "/api/v1/vectors/none", (byte[]?)null, null, ("If-None-Match", "*"))).Status);
    }

    [Fact]
    public async Task Searches_that_take_long_are_told_with_how_they_were_done_and_not_with_what_they_asked()
    {
        var lines = new List<string>();
        var log = new SlowSearchLog(new Lines(lines), thresholdMs: 100);
        var explanation = new Wire.ExplanationMessage { Plan = "scan", Distances = 9, Ef = 0, RecordsRead = 5, FilterUs = 60_000, SearchUs = 39_000, ReadUs = 999, Warnings = ["no index"] };
        log.Add("docs", 7, explanation, "r1");
        Assert.Empty(lines);
        log.Add("docs", 7, explanation with { ReadUs = 1_000 }, "r2");
        Assert.Equal("Slow search of docs: 100 ms, top_k 7, plan scan, ef 0, distances 9, matches , records_read 5, filter_us 60000, search_us 39000, read_us 1000, request r2. no index", Assert.Single(lines));

        // With the log on, an answer has an explanation only when it was asked for.
        await using TestServer server = await TestServer.StartAsync(TestServer.Options with { Limits = new ServerLimits { SlowSearchMs = 3_600_000 } });
        await server.FillAsync([1, 2]);
        Assert.DoesNotContain("explain", (await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1,2]}""")).Body, StringComparison.Ordinal);
        Assert.Contains("explain", (await server.PostAsync("/api/v1/vectors/search", """{"query_vector":[1,2],"explain":true}""")).Body, StringComparison.Ordinal);
        Answer batch = await server.PostAsync("/api/v1/vectors/search/batch", """{"searches":[{"query_vector":[1,2]},{"query_vector":[1,2],"explain":true}]}""");
        Assert.StartsWith("[null,{", batch.Json.GetProperty("explain").GetRawText(), StringComparison.Ordinal);
    }

    private static async Task<(string? Coding, byte[] Body)> GetAsync(TestServer server, string path, string coding)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, path));
        request.Headers.AcceptEncoding.ParseAdd(coding);
        using HttpResponseMessage answer = await http.SendAsync(request);
        return (answer.Content.Headers.ContentEncoding.SingleOrDefault(), await answer.Content.ReadAsByteArrayAsync());
    }

    private static byte[] Expand(byte[] body, string coding)
    {
        using var source = new MemoryStream(body);
        using Stream expanding = coding == "br" ? new BrotliStream(source, CompressionMode.Decompress) : new GZipStream(source, CompressionMode.Decompress);
        var target = new MemoryStream();
        expanding.CopyTo(target);
        return target.ToArray();
    }

    private sealed class Lines(List<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => lines.Add(formatter(state, exception));
    }
}
