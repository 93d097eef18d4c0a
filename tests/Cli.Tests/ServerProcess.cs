using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests;

/// <summary><c>hypervex serve</c> as a process of its own on a free port; stopped by SIGTERM.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ServerProcess(Process process, string readyLine)
    {
        _process = process;
        ReadyLine = readyLine;
    }

    /// <summary>The one line of stdout.</summary>
    public string ReadyLine { get; }

    /// <summary>Scheme, host and port.</summary>
    public string Address => ReadyLine.StartsWith('{') ? (string)JsonNode.Parse(ReadyLine)!["address"]! : ReadyLine[ReadyLine.IndexOf("http", StringComparison.Ordinal)..];

    /// <summary>Starts a server and waits for its line.</summary>
    public static Task<ServerProcess> StartAsync(string data, params string[] args) => StartAsync(new Dictionary<string, string?>(), data, args);

    /// <summary>Starts a server with more environment and waits for its line.</summary>
    public static async Task<ServerProcess> StartAsync(IReadOnlyDictionary<string, string?> environment, string? data, params string[] args)
    {
        string[] where = data is null ? [] : ["--data", data];
        Process process = HypervexProcess.Start(environment, null, ["serve", .. where, "--listen", "127.0.0.1:0", .. args]);
        using CancellationTokenSource patience = new(s_patience);
        string? line = await process.StandardOutput.ReadLineAsync(patience.Token);
        return line is not null
            ? new ServerProcess(process, line)
            : throw new InvalidOperationException($"serve ended without a line: {await process.StandardError.ReadToEndAsync(CancellationToken.None)}");
    }

    /// <summary>Asks the server to end and waits until it has.</summary>
    /// <returns>Its exit code and the rest of what it printed.</returns>
    public async Task<ProgramRun> StopAsync()
    {
        if (!_process.HasExited)
        {
            // .NET has no call for SIGTERM; every Unix has a kill.
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        using CancellationTokenSource patience = new(s_patience);
        await _process.WaitForExitAsync(patience.Token);
        return new ProgramRun(_process.ExitCode, await _process.StandardOutput.ReadToEndAsync(patience.Token), await _process.StandardError.ReadToEndAsync(patience.Token));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }
}
