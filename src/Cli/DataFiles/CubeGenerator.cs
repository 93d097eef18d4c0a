namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Uniform in the cube [-1, 1)^d; vectors beyond a greatest norm are scaled down to it, which makes points of the Poincare
/// ball.
/// Thread safety: safe for concurrent use.
/// </summary>
internal sealed class CubeGenerator(GeneratorOptions options, double greatestNorm) : VectorGenerator(options)
{
    /// <summary>Where points of the Poincare ball are held, off its border at norm 1.</summary>
    public const double PoincareNorm = 0.99;

    protected override void Fill(ref RandomStream random, Span<float> vector)
    {
        foreach (ref float component in vector)
        {
            component = (float)((2 * random.NextUniform()) - 1);
        }

        if (Norm(vector) > greatestNorm)
        {
            ScaleToNorm(vector, greatestNorm);
        }
    }
}
