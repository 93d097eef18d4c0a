using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypervex.Bench.Storage;

/// <summary>One row of <c>hypervex bench storage --parts inserts</c>, in a process of its own.</summary>
internal sealed class HypervexPeer(string root, StorageOptions options)
{
    /// <summary>Everything that the command said.</summary>
    /// <param name="writers">Threads that write.</param>
    /// <param name="batch">Records per batch.</param>
    /// <param name="more">Further options.</param>
    public JsonObject Measure(int writers, int batch, params string[] more)
    {
        ProcessStartInfo start = new(Path.Combine(root, "hypervex")) { RedirectStandardOutput = true };
        string[] arguments =
        [
            "bench", "storage", "--parts", "inserts", "--json", "--directory", options.Directory,
            "--writers", Text(writers), "--batches", Text(batch), "--records", Text(options.Records), "--seconds", Text(options.Seconds), "--warm-up", Text(options.WarmUp), .. more,
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonNode.Parse(output)!.AsObject()
            : throw new InvalidOperationException($"hypervex bench storage ended with exit code {process.ExitCode}: {output}");
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
