using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;

namespace Hypervex.Bench.Run;

/// <summary>
/// An index under test in a process of its own, built before the first command and idle between two. Commands go to stdin, one line
/// each; every answer is one line of JSON. Thread safety: one thread.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    private Peer(string name, ProcessStartInfo start)
    {
        Name = name;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        _process = Process.Start(start)!;
    }

    /// <summary>The peer's name in tables.</summary>
    public string Name { get; }

    /// <summary>Whether it is ours.</summary>
    public bool IsHypervex => Name.StartsWith("hypervex", StringComparison.Ordinal);

    /// <summary>How it was built.</summary>
    public JsonObject Build { get; private set; } = [];

    /// <summary>Starts Hypervex and waits until every row is linked.</summary>
    public static Peer StartHypervex(Workload workload, WorkloadData data, QuantizationKind codes, int threads)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Peer).Assembly.Location);
        }

        string[] arguments =
        [
            HypervexWorker.Command, data.Directory, Text(data.Dimension), Choice.Word(workload.Metric), Text(workload.M), Choice.Word(codes), Text(threads), Text(data.Rows), Text(data.Queries),
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return Wait(new Peer($"hypervex {Choice.Word(codes)}", start));
    }

    /// <summary>Starts hnswlib; null when it is not installed.</summary>
    public static Peer? StartHnswlib(Workload workload, WorkloadData data, int threads)
    {
        if (BenchPaths.Hnswlib is not { } program)
        {
            return null;
        }

        ProcessStartInfo start = new(program);
        string[] arguments =
        [
            data.Directory, Text(data.Dimension), Choice.Word(workload.Metric), Text(Workload.K), Text(workload.M), Text(Workload.EfConstruction), Text(threads),
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        return Wait(new Peer("hnswlib", start));
    }

    /// <summary>Measures one point.</summary>
    public JsonObject Search(int ef, double seconds, int threads) =>
        Ask(string.Create(CultureInfo.InvariantCulture, $"search {ef} {seconds} {threads}"));

    /// <summary>Sends a command and reads its answer.</summary>
    public JsonObject Ask(string command)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        return Answer();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static Peer Wait(Peer peer)
    {
        try
        {
            peer.Build = peer.Answer()["build"]!.DeepClone().AsObject();
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    private JsonObject Answer() => _process.StandardOutput.ReadLine() is { } line
        ? JsonNode.Parse(line)!.AsObject()
        : throw new InvalidOperationException($"{Name} ended without an answer; its messages are above.");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
