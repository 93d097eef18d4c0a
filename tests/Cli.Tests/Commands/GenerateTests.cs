namespace Hypervex.Cli.Tests.Commands;

public sealed class GenerateTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task The_same_seed_gives_the_same_files_and_another_one_does_not()
    {
        await GenerateAsync("a.fvecs", "1");
        await GenerateAsync("b.fvecs", "1");
        await GenerateAsync("c.fvecs", "2");

        Assert.Equal(Bytes("a.fvecs"), Bytes("b.fvecs"));
        Assert.Equal(Bytes("a.query.fvecs"), Bytes("b.query.fvecs"));
        Assert.Equal(Bytes("a.truth.ivecs"), Bytes("b.truth.ivecs"));
        Assert.NotEqual(Bytes("a.fvecs"), Bytes("c.fvecs"));
    }

    [Fact]
    public async Task The_ground_truth_is_that_of_a_plain_scan()
    {
        ProgramRun run = await GenerateAsync("rows.f32", "3");
        float[][] rows = ReadRaw("rows.f32"), queries = ReadRaw("rows.query.f32");
        int[] truth = [.. Bytes("rows.truth.ivecs").Chunk(4).Select(word => BitConverter.ToInt32(word))];

        Assert.Equal(300, (int?)run.Json["count"]);
        Assert.Equal(300, rows.Length);
        Assert.Equal(7, queries.Length);
        for (int q = 0; q < queries.Length; q++)
        {
            int[] expected = [.. Enumerable.Range(0, rows.Length).OrderBy(row => Square(rows[row], queries[q])).Take(5)];
            Assert.Equal([5, .. expected], truth.Skip(q * 6).Take(6));
        }
    }

    private static double Square(float[] a, float[] b) => a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum();

    private async Task<ProgramRun> GenerateAsync(string name, string seed)
    {
        ProgramRun run = await HypervexProcess.RunAsync(
            "generate", "--count", "300", "--dimension", "12", "--seed", seed, "--output", _sandbox.File(name), "--queries", "7", "--k", "5", "--json");
        Assert.True(run.ExitCode == 0, run.ToString());
        return run;
    }

    private byte[] Bytes(string name) => File.ReadAllBytes(_sandbox.File(name));

    private float[][] ReadRaw(string name) => [.. Bytes(name).Chunk(4).Select(word => BitConverter.ToSingle(word)).Chunk(12)];
}
