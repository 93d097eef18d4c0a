using System.Net;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Tests.Keys;

/// <summary>A real server with keys, its lines of audit, and a key for each need of a test.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private readonly Lines _lines = new();

    private KeyServer()
    {
    }

    public TestServer Test { get; private set; } = null!;

    /// <summary>A key to which everything is allowed.</summary>
    public string Admin { get; private set; } = null!;

    /// <summary>What the server has logged.</summary>
    public string Log => _lines.Text;

    public static async Task<KeyServer> StartAsync(ServerOptions? options = null)
    {
        var server = new KeyServer();
        server.Test = await TestServer.StartAsync((options ?? TestServer.Options) with
        {
            Logging = logging => logging.ClearProviders().AddProvider(server._lines).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.None),
        });
        server.Admin = await server.CreateAsync("admin", null, key: null);
        return server;
    }

    /// <summary>Creates a key, and returns its text.</summary>
    public async Task<string> CreateAsync(string scope, string[]? collections, string? key)
    {
        string list = collections is null ? "null" : $"[{string.Join(',', collections.Select(name => $"\"{name}\""))}]";
        Answer answer = await SendAsync("POST", "/api/v1/keys", $$"""{"name": "{{scope}} key", "scope": "{{scope}}", "collections": {{list}}}""", key);
        Assert.True(answer.Status == HttpStatusCode.Created, answer.Body);
        return answer.Json.GetProperty("key").GetString()!;
    }

    public Task<Answer> SendAsync(string method, string path, string? body, string? key) =>
        key is null ? Test.SendAsync(method, path, body) : Test.SendAsync(method, path, body, headers: ("Authorization", "Bearer " + key));

    public ValueTask DisposeAsync() => Test.DisposeAsync();

    /// <summary>The id in a key's text.</summary>
    public static string IdOf(string key) => key.Split('_')[1];

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly List<string> _lines = [];

        public string Text
        {
            get
            {
                lock (_lines)
                {
                    return string.Join('\n', _lines);
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
