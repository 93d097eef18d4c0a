namespace Hypervex.Cli.DataFiles;

/// <summary>
/// 4,096 centres of N(0, I); a row is a centre, chosen uniformly, + 0.5 N(0, I). Memory: the centres, float32[4096, dimension].
/// Thread safety: safe for concurrent use.
/// </summary>
internal sealed class ClusteredGenerator : VectorGenerator
{
    private const int CentreCount = 4096;
    private const double Spread = 0.5;
    private readonly float[][] _centres;

    public ClusteredGenerator(GeneratorOptions options)
        : base(options) => _centres = NormalVectors.Draw(options, StreamPurpose.Centres, CentreCount);

    protected override void Fill(ref RandomStream random, Span<float> vector)
    {
        float[] centre = _centres[random.NextBelow(CentreCount)];
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(centre[i] + (Spread * random.NextNormal()));
        }
    }
}
