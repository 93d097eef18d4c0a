namespace Hypervex.Engine.Tests.Indexes;

/// <summary>Vectors to test with, made from a seed.</summary>
internal static class Samples
{
    /// <summary>Points around some centres. The centres do not depend on the seed: two calls give rows and queries.</summary>
    public static float[][] Clustered(int count, int dimension, int clusters, double spread, int seed)
    {
        var random = new Random(seed);
        var centreRandom = new Random((dimension * 1000) + clusters);
        float[][] centres = [.. Enumerable.Range(0, clusters).Select(_ => Gaussian(centreRandom, dimension, 1))];
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float[] centre = centres[random.Next(clusters)];
            float[] offset = Gaussian(random, dimension, spread);
            return offset.Zip(centre, (a, b) => a + b).ToArray();
        })];
    }

    /// <summary>
    /// Like text embeddings: flat patches of few dimensions around some centres, and a few axes that carry most of the length.
    /// Shape as of <see cref="Clustered"/>: only the points depend on the seed.
    /// </summary>
    public static float[][] Spiky(int count, int dimension, int clusters, int seed)
    {
        const int Intrinsic = 16;
        var shape = new Random((dimension * 1000) + clusters);
        float[][] centres = [.. Enumerable.Range(0, clusters).Select(_ => Gaussian(shape, dimension, 1))];
        float[][] directions = [.. Enumerable.Range(0, clusters * Intrinsic).Select(_ => Gaussian(shape, dimension, 0.5 / Math.Sqrt(Intrinsic)))];
        float[] scales = [.. Gaussian(shape, dimension, 1).Select(MathF.Exp)];
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int cluster = random.Next(clusters);
            float[] vector = [.. centres[cluster]];
            float[] weights = Gaussian(random, Intrinsic, 1);
            for (int j = 0; j < Intrinsic; j++)
            {
                float[] direction = directions[(cluster * Intrinsic) + j];
                for (int i = 0; i < dimension; i++)
                {
                    vector[i] += weights[j] * direction[i];
                }
            }

            return vector.Zip(scales, (a, b) => a * b).ToArray();
        })];
    }

    public static float[] Gaussian(Random random, int dimension, double spread)
    {
        float[] vector = new float[dimension];
        for (int i = 0; i < dimension; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            vector[i] = (float)(spread * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return vector;
    }
}
