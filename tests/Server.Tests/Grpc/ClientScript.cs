using System.Diagnostics;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>A program that calls a server case by case, and writes a line for each: its name, a tab, and <c>ok</c> or what was wrong.</summary>
internal static class ClientScript
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs a program that is expected to end well.</summary>
    /// <param name="program">The program.</param>
    /// <param name="needs">Who installs what it needs.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<(string Output, string Errors)> RunAsync(string program, string needs, params string[] arguments)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        process.Start();
        using var patience = new CancellationTokenSource(_patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode} ({needs}): {await errors}");
            return (await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>What came of each case.</summary>
    public static IReadOnlyDictionary<string, string> Read(string output) =>
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).ToDictionary(parts => parts[0], parts => parts[1]);
}
