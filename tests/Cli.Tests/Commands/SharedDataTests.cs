using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

public sealed class SharedDataTests
{
    [SharedDataFact("siftsmall")]
    public async Task Siftsmall_reaches_recall_099()
    {
        string folder = SharedDataFactAttribute.PathOf("siftsmall");

        ProgramRun run = await HypervexProcess.RunAsync(
            "bench", "ann", "--base", $"{folder}/base.u8", "--queries", $"{folder}/query.u8", "--truth", $"{folder}/groundtruth.ivecs",
            "--dimension", "128", "--metric", "l2", "--seconds", "0.1", "--json");

        AssertReaches(0.99, run);
    }

    [SharedDataFact("fashion-mnist")]
    [Trait("Tier", "Long")]
    public async Task Fashion_mnist_reaches_recall_099()
    {
        string folder = SharedDataFactAttribute.PathOf("fashion-mnist");

        ProgramRun run = await HypervexProcess.RunAsync(
            "bench", "ann", "--base", $"{folder}/train-images-idx3-ubyte.gz", "--queries", $"{folder}/t10k-images-idx3-ubyte.gz",
            "--truth", $"{folder}/groundtruth.first1000.ivecs", "--metric", "l2", "--seconds", "0.1", "--json");

        AssertReaches(0.99, run);
    }

    private static void AssertReaches(double recall, ProgramRun run)
    {
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.True(run.Json["results"]!.AsArray().Max(point => (double?)point!["recall"]) >= recall, run.ToString());
    }
}
