namespace Hypervex.Bench.Run;

/// <summary>
/// Float32 points of one band of norms in the ball, and for each of them some that are hard to tell from it: another in the band, one nearby, one that differs in the last bits,
/// one behind it on the same ray, one near the origin. Thread safety: belongs to one thread.
/// </summary>
internal sealed class AccuracyPoints(Metric metric, int dimension, double curvature, int seed)
{
    private const int Anchors = 12;
    private readonly Random _random = new(seed);

    /// <summary>The points, without two that are equal; every fifth from 0 on is in the band, the others stand around it.</summary>
    /// <param name="least">1 - √c|x| of the band's outer end.</param>
    /// <param name="most">1 - √c|x| of its inner end.</param>
    public List<float[]> Draw(double least, double most)
    {
        List<float[]> points = [];
        while (points.Count < 5 * Anchors)
        {
            // Even in the logarithm of the distance from the boundary, and the ends themselves.
            double share = points.Count == 0 ? 0 : points.Count == 5 ? 1 : _random.NextDouble();
            double gap = least * Math.Pow(most / least, share) * (1 + (1e-3 * (0.5 - share)));
            double[] direction = Direction();
            float[][] group =
            [
                Point(direction, gap),
                Point(Direction(), gap),
                Point(Nearby(direction, gap), gap),
                Point(direction, Math.Min(1, 1.5 * gap)),
                Point(Direction(), 0.7),
            ];
            group[3] = points.Count % 2 == 0 ? group[3] : OtherLastBits(group[0]);
            if (group.All(IsPoint) && group.Concat(points).Select(point => string.Join(' ', point.Skip(metric == Metric.Lorentz ? 1 : 0))).Distinct().Count() == points.Count + group.Length)
            {
                points.AddRange(group);
            }
        }

        return points;
    }

    private float[] Point(double[] direction, double gap) => metric == Metric.Lorentz ? OnHyperboloid(direction, gap) : InBall(direction, gap);

    private float[] OnHyperboloid(double[] direction, double gap)
    {
        double length = 2 * (1 - gap) / (gap * (2 - gap) * Math.Sqrt(curvature));
        return Lifted([.. direction.Select(component => (float)(length * component))]);
    }

    private float[] Lifted(float[] space) => [(float)Math.Sqrt((1 / curvature) + space.Sum(x => (double)x * x)), .. space];

    // Rounding to float32 moves a point by 1e-8 and more; the last component, which is small and so has fine steps, brings the norm to where it shall be.
    private float[] InBall(double[] direction, double gap)
    {
        double square = (1 - gap) * (1 - gap) / curvature;
        float[] point = [.. direction.Select(component => (float)(Math.Sqrt(square) * component))];
        int greatest = 0;
        for (int i = 1; i < point.Length - 1; i++)
        {
            greatest = Math.Abs(point[i]) > Math.Abs(point[greatest]) ? i : greatest;
        }

        while (true)
        {
            double rest = square - point.AsSpan(0, point.Length - 1).ToArray().Sum(x => (double)x * x);
            if (rest >= 0)
            {
                point[^1] = (float)Math.Sqrt(rest);
                return point;
            }

            point[greatest] = point[greatest] > 0 ? MathF.BitDecrement(point[greatest]) : MathF.BitIncrement(point[greatest]);
        }
    }

    private float[] OtherLastBits(float[] point)
    {
        float[] other = [.. point];
        other[^1] = MathF.BitIncrement(MathF.BitIncrement(other[^1]));
        return metric == Metric.Lorentz ? Lifted(other[1..]) : other;
    }

    private bool IsPoint(float[] point)
    {
        double squares = point.Skip(metric == Metric.Lorentz ? 1 : 0).Sum(x => (double)x * x);
        return metric == Metric.Lorentz ? Math.Sqrt(1 + (curvature * squares)) < 2e9 : 1 - (curvature * squares) > 1e-9;
    }

    private double[] Nearby(double[] direction, double gap)
    {
        double[] other = Direction();
        return Unit([.. direction.Zip(other, (x, y) => x + (0.3 * gap * y))]);
    }

    private double[] Direction() => Unit([.. Enumerable.Range(0, metric == Metric.Lorentz ? dimension - 1 : dimension).Select(_ => _random.NextDouble() - 0.5)]);

    // For the ball the last component stays small: see InBall.
    private double[] Unit(double[] vector)
    {
        if (metric == Metric.Poincare)
        {
            vector[^1] = Math.Clamp(vector[^1], 0, 1e-4);
        }

        double norm = Math.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => x / norm)];
    }
}
