using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests;

/// <summary>What one run of the program said.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    /// <summary>Stdout as the one JSON object that <c>--json</c> promises.</summary>
    public JsonObject Json => JsonNode.Parse(Output)!.AsObject();

    /// <summary>Everything, for messages of failed assertions.</summary>
    public override string ToString() => $"exit code {ExitCode}\n--- stdout\n{Output}\n--- stderr\n{Error}";
}

/// <summary>Runs the real executable as a process of its own: no terminal, no stdin, a clean environment.</summary>
internal static class HypervexProcess
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    /// <summary>The built program, in the configuration of the tests.</summary>
    public static string ProgramFile { get; } = typeof(CommandTree).Assembly.Location;

    /// <summary>Runs one command line to its end.</summary>
    public static Task<ProgramRun> RunAsync(params string[] args) => RunAsync(new Dictionary<string, string?>(), null, args);

    /// <summary>Runs one command line with more environment and a working directory.</summary>
    public static async Task<ProgramRun> RunAsync(IReadOnlyDictionary<string, string?> environment, string? folder, params string[] args)
    {
        using Process process = Start(environment, folder, args);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using CancellationTokenSource patience = new(s_patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"hypervex {string.Join(' ', args)} did not end within {s_patience}.");
        }

        return new ProgramRun(process.ExitCode, await output, await error);
    }

    /// <summary>Starts one command line and leaves it running.</summary>
    public static Process Start(IReadOnlyDictionary<string, string?> environment, string? folder, params string[] args)
    {
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("VECTOR_", StringComparison.Ordinal) || name is "STORAGE_PATH").ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        start.ArgumentList.Add(ProgramFile);
        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }
}
