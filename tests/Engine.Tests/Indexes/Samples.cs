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
