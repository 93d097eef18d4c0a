namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Draws the fixed vectors that a generator builds on: centres and directions.
/// Thread safety: pure functions.
/// </summary>
internal static class NormalVectors
{
    /// <summary>Vectors of N(0, I), float32[count][dimension].</summary>
    public static float[][] Draw(GeneratorOptions options, StreamPurpose purpose, int count)
    {
        float[][] vectors = new float[count][];
        for (int n = 0; n < count; n++)
        {
            var random = new RandomStream(options.Seed, purpose, n);
            vectors[n] = new float[options.Dimension];
            foreach (ref float component in vectors[n].AsSpan())
            {
                component = (float)random.NextNormal();
            }
        }

        return vectors;
    }
}
