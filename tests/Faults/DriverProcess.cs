using System.Diagnostics;
using Hypervex.FaultDriver;

namespace Hypervex.Faults.Tests;

/// <summary>A driver process under way. What it prints goes to the oracle as it arrives. Disposing kills it.</summary>
internal sealed class DriverProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly Thread _reader;
    private readonly ManualResetEventSlim _ready = new();
    private readonly Oracle? _oracle;

    private DriverProcess(Process process, Oracle? oracle)
    {
        _process = process;
        _oracle = oracle;
        _reader = new Thread(Read) { IsBackground = true };
        _reader.Start();
    }

    /// <summary>Whether the driver said that it has closed the database.</summary>
    public bool Closed { get; private set; }

    /// <summary>The error that kept the driver from opening; null when there was none.</summary>
    public string? Error { get; private set; }

    /// <summary>Operations that were refused.</summary>
    public int Refusals { get; private set; }

    /// <summary>Times the database was opened.</summary>
    public int Openings { get; private set; }

    /// <summary>Starts a driver.</summary>
    /// <param name="options">What it does.</param>
    /// <param name="oracle">Hears its acknowledgements.</param>
    /// <param name="killPoint">Where it dies, as <c>place:hit</c>.</param>
    /// <param name="tracer">A command that runs it, such as strace with its arguments.</param>
    public static DriverProcess Start(DriverOptions options, Oracle? oracle, string? killPoint = null, params IEnumerable<string> tracer)
    {
        string[] command = [.. tracer, "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "Hypervex.FaultDriver.dll"), .. options.ToArguments()];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true };
        start.Environment[SuddenDeath.Variable] = killPoint ?? "";
        return new DriverProcess(Process.Start(start)!, oracle);
    }

    /// <summary>The last generation that the restoring driver acknowledged; 0 = none.</summary>
    public int Restored { get; private set; }

    /// <summary>Where the restoring driver keeps its snapshot.</summary>
    public static string BackupOf(string directory) => $"{directory}.hvx";

    /// <summary>Starts the driver that restores snapshots.</summary>
    public static DriverProcess StartRestoring(string directory, string killPoint)
    {
        string[] command = ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "Hypervex.FaultDriver.dll"), "restore", directory, BackupOf(directory)];
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true };
        start.Environment[SuddenDeath.Variable] = killPoint;
        return new DriverProcess(Process.Start(start)!, null);
    }

    /// <summary>Waits until the database is open, or the process has ended.</summary>
    public void WaitUntilReady()
    {
        if (!_ready.Wait(s_patience))
        {
            throw new TimeoutException("the driver did not open the database");
        }
    }

    /// <summary>kill -9, and reads what it had printed before.</summary>
    public void Kill()
    {
        _process.Kill();
        WaitForEnd();
    }

    /// <summary>Waits for the end of the process; returns its exit code (137 = killed).</summary>
    public int WaitForEnd()
    {
        if (!_process.WaitForExit(s_patience) || !_reader.Join(s_patience))
        {
            throw new TimeoutException("the driver did not end");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _reader.Join();
        _process.Dispose();
        _ready.Dispose();
    }

    private void Read()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line == "R")
            {
                Openings++;
                _ready.Set();
            }
            else if (line == "D")
            {
                Closed = true;
            }
            else if (Acknowledgement.TryParse(line, out Acknowledgement acknowledgement))
            {
                Restored = acknowledgement.Number;
                Refusals += acknowledgement.Refused is null ? 0 : 1;
                _oracle?.Acknowledge(acknowledgement);
            }
            else if (line.StartsWith("E ", StringComparison.Ordinal))
            {
                Error = line[2..];
            }
        }

        _ready.Set();
    }
}
