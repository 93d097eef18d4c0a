using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Tests;

/// <summary>An answer that was read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Code => ContentHeaders.ContentType?.MediaType == "application/problem+json" ? Json.GetProperty("code").GetString() : null;

    /// <summary>Header names are free of case; null when the header is absent.</summary>
    public string? Header(string name) => Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : null;
}

/// <summary>A real server on a free port and a client that sends paths exactly as they are spelled.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private static readonly UriCreationOptions _asSpelled = new() { DangerousDisablePathAndQueryCanonicalization = true };
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 256 });

    private TestServer(HypervexServer server)
    {
        Server = server;
        Address = server.Addresses[0];
    }

    public HypervexServer Server { get; }

    public Uri Address { get; }

    /// <summary>Settings for tests: in memory, a free port, no logs.</summary>
    public static ServerOptions Options { get; } = new() { DataPath = null, Listen = "127.0.0.1:0", Logging = logging => logging.ClearProviders() };

    public static async Task<TestServer> StartAsync(ServerOptions? options = null)
    {
        var started = new TestServer(await HypervexServer.StartAsync(options ?? Options));
        await started.Server.Ready;
        return started;
    }

    /// <summary>Starts a server whose database opens as the function says; it need not be ready yet.</summary>
    public static async Task<TestServer> StartAsync(Func<Database> open, ServerOptions? options = null) =>
        new(await HypervexServer.StartAsync(options ?? Options, open, CancellationToken.None));

    public Task<Answer> GetAsync(string path) => SendAsync("GET", path);

    public Task<Answer> PostAsync(string path, string json) => SendAsync("POST", path, json);

    public Task<Answer> PutAsync(string path, string json) => SendAsync("PUT", path, json);

    public Task<Answer> DeleteAsync(string path) => SendAsync("DELETE", path);

    public Task<Answer> SendAsync(string method, string path, string? body = null, string contentType = "application/json", params (string Name, string Value)[] headers) =>
        SendAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), contentType, headers);

    public async Task<Answer> SendAsync(string method, string path, byte[]? body, string? contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Address.GetLeftPart(UriPartial.Authority) + path, _asSpelled));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        foreach ((string name, string value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content!.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using HttpResponseMessage response = await _http.SendAsync(request);
        return new Answer(response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Writes records with the ids 0, 1, .. and the given vectors.</summary>
    public async Task FillAsync(params float[][] vectors)
    {
        string records = string.Join(',', vectors.Select((vector, i) => $$"""{"vector_id":"{{i}}","vector":{{JsonSerializer.Serialize(vector)}},"metadata":{"n":{{i}}},"document":"text {{i}}"}"""));
        Answer answer = await PostAsync("/api/v1/vectors/batch", $$"""{"vectors":[{{records}}]}""");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
    }
}
