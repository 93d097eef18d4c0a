namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Independent N(0, 1) components: no structure at all, the hardest case for every graph.
/// Thread safety: safe for concurrent use.
/// </summary>
internal sealed class GaussianGenerator(GeneratorOptions options) : VectorGenerator(options)
{
    protected override void Fill(ref RandomStream random, Span<float> vector)
    {
        foreach (ref float component in vector)
        {
            component = (float)random.NextNormal();
        }
    }
}
