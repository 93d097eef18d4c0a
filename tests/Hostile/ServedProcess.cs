using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Hypervex.Hostile.Tests;

/// <summary>
/// <c>hypervex serve</c> as a process of its own, with REST, gRPC, a key, and a bound on its managed memory: a leak ends it. Disposing ends it and removes its data.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class ServedProcess : IAsyncDisposable
{
    /// <summary>The key to which everything is allowed.</summary>
    public const string Key = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

    // Both hexadecimal: 768 MB, and 32 MB, without which the collector lets garbage grow to the size of the processor's cache.
    private const string HeapBytes = "30000000";
    private const string YoungBytes = "2000000";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly string _directory;
    private readonly Task<string> _faults;

    private ServedProcess(Process process, string directory, JsonElement ready)
    {
        _process = process;
        _directory = directory;
        Rest = new Uri(ready.GetProperty("address").GetString()!);
        Grpc = new Uri(ready.GetProperty("grpc_address").GetString()!);
        _faults = ReadFaultsAsync();
    }

    /// <summary>Where it answers REST.</summary>
    public Uri Rest { get; }

    /// <summary>Where it answers gRPC.</summary>
    public Uri Grpc { get; }

    /// <summary>Whether it still runs.</summary>
    public bool IsAlive => !_process.HasExited;

    /// <summary>Processor time that it has used.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Its anonymous resident memory in bytes.</summary>
    public long AnonymousBytes
    {
        get
        {
            string line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return long.Parse(line["RssAnon:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
        }
    }

    /// <summary>Starts a server on free ports and waits until its database is open.</summary>
    /// <param name="args">More of its command line.</param>
    public static async Task<ServedProcess> StartAsync(params string[] args)
    {
        string directory = Directory.CreateTempSubdirectory("hypervex-hostile").FullName;
        string keyFile = Path.Combine(directory, "admin.key");
        await File.WriteAllTextAsync(keyFile, Key);
        string program = Path.Combine(AppContext.BaseDirectory, "Hypervex.Cli.dll");
        string[] command = [program, "serve", "--data", Path.Combine(directory, "data"), "--listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0", "--admin-key-file", keyFile, "--durability", "os", "--json", .. args];
        var start = new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["DOTNET_GCHeapHardLimit"] = HeapBytes;
        start.Environment["DOTNET_GCgen0size"] = YoungBytes;
        Process process = Process.Start(start)!;
        using var time = new CancellationTokenSource(_patience);
        string? line = await process.StandardOutput.ReadLineAsync(time.Token);
        return line is not null
            ? new ServedProcess(process, directory, JsonDocument.Parse(line).RootElement)
            : throw new InvalidOperationException($"serve ended without a line: {await process.StandardError.ReadToEndAsync(CancellationToken.None)}");
    }

    /// <summary>Ends the server by SIGTERM.</summary>
    /// <returns>Its exit code, and the lines of its log that tell of a fault of its own.</returns>
    public async Task<(int ExitCode, string Faults)> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        using var time = new CancellationTokenSource(_patience);
        await _process.WaitForExitAsync(time.Token);
        return (_process.ExitCode, await _faults);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (IsAlive)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    // Lines of the audit log are many; what follows a line of the level "fail" or "crit" is what matters.
    private async Task<string> ReadFaultsAsync()
    {
        const int MostLines = 200;
        var faults = new List<string>();
        bool isFault = false;
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            bool begins = line.Length > 0 && line[0] != ' ';
            isFault = begins ? line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal) || line.StartsWith("Unhandled", StringComparison.Ordinal) : isFault;
            if (isFault && faults.Count < MostLines)
            {
                faults.Add(line);
            }
        }

        return string.Join('\n', faults);
    }
}
