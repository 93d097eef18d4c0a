namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Points of the Poincare ball, uniform in direction and in hyperbolic distance from the origin, up to that of norm 0.99: 2 artanh 0.99 = 5.29.
/// Thread safety: safe for concurrent use.
/// </summary>
internal sealed class HyperbolicGenerator(GeneratorOptions options) : VectorGenerator(options)
{
    // 2 artanh 0.99 = ln 199
    private const double GreatestDistance = 5.293304824724492;

    protected override void Fill(ref RandomStream random, Span<float> vector)
    {
        foreach (ref float component in vector)
        {
            component = (float)random.NextNormal();
        }

        double exp = PortableMath.Exp(GreatestDistance * random.NextUniform());
        ScaleToNorm(vector, (exp - 1) / (exp + 1)); // tanh(distance / 2)
    }
}
