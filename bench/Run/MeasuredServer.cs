using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli;
using Hypervex.Cli.Benchmarks;

namespace Hypervex.Bench.Run;

/// <summary>
/// <c>hypervex serve</c> in a process of its own over an empty directory on the disk of the repository, with REST and gRPC. Disposing ends it and removes the directory.
/// Thread safety: one thread.
/// </summary>
internal sealed class MeasuredServer : IDisposable
{
    private readonly TemporaryDirectory _directory = new("hypervex-server", BenchPaths.Cache);
    private readonly Process _process;

    private MeasuredServer()
    {
        string program = typeof(CommandTree).Assembly.Location;
        string[] command = [program, "serve", "--data", _directory.Path, "--listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0", "--json"];
        _process = Process.Start(new ProcessStartInfo("dotnet", command) { RedirectStandardOutput = true, RedirectStandardInput = true, RedirectStandardError = true })!;
        _process.ErrorDataReceived += (_, line) => Tell(line.Data);
        _process.BeginErrorReadLine();
        JsonNode ready = JsonNode.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("serve ended without a line; its errors are above."))!;
        Rest = new Uri((string)ready["address"]!);
        Grpc = new Uri((string)ready["grpc_address"]!);
    }

    /// <summary>Where it answers REST.</summary>
    public Uri Rest { get; }

    /// <summary>Where it answers gRPC.</summary>
    public Uri Grpc { get; }

    /// <summary>Its anonymous resident memory in megabytes; null where the system does not tell.</summary>
    public double? AnonymousMb
    {
        get
        {
            string file = string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/status");
            return File.Exists(file) ? ResidentMemory.Parse(File.ReadAllText(file)).AnonymousMb : null;
        }
    }

    /// <summary>Starts one and waits until it is ready.</summary>
    public static MeasuredServer Start() => new();

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Dispose();
    }

    // Who created which collection is told to the audit log, and is of no interest here.
    private static void Tell(string? line)
    {
        if (line is not null && (line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("hypervex", StringComparison.Ordinal)))
        {
            Console.Error.WriteLine(line);
        }
    }
}
