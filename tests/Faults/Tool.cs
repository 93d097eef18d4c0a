using System.Diagnostics;

namespace Hypervex.Faults.Tests;

/// <summary>Runs a program of the operating system to its end.</summary>
internal static class Tool
{
    /// <summary>Runs a program; its exit code is 127 when it is not installed.</summary>
    public static (int ExitCode, string Output, string Error) Run(string program, params IEnumerable<string> arguments)
    {
        if (!IsInstalled(program))
        {
            return (127, "", $"{program} is not installed");
        }

        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Runs a program that must succeed.</summary>
    public static string Require(string program, params IEnumerable<string> arguments)
    {
        (int exitCode, string output, string error) = Run(program, arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed with {exitCode}: {error}");
    }

    public static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/sbin").Append("/usr/sbin").Any(directory => File.Exists(Path.Combine(directory, program)));
}
