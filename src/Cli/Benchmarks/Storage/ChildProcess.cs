using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// This program once more, as a process that can be killed. It does its job, says in one line of JSON what it found, and waits for
/// its end, which comes as SIGKILL: nothing is closed. Thread safety: one thread.
/// </summary>
internal static class ChildProcess
{
    /// <summary>Runs a job to the line it prints, and kills the process.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<JsonObject> RunAndKillAsync(ChildJob job, CancellationToken cancellationToken)
    {
        using Process process = Process.Start(StartInfo(job))!;
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
            string? line = await process.StandardOutput.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            return line is null
                ? throw new InvalidOperationException($"The child process for {job.Role} ended before it was killed: {await error.ConfigureAwait(false)}")
                : JsonNode.Parse(line)!.AsObject();
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static ProcessStartInfo StartInfo(ChildJob job)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("This process does not know its program.");
        ProcessStartInfo start = new(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        }

        foreach (string argument in (string[])["bench", "storage", Commands.BenchStorageCommand.ChildOption, job.ToText()])
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
