namespace Hypervex.Training;

/// <summary>Euclidean space with the squared distance, as the paper compares with (Nickel and Kiela, NeurIPS 2017, section 4).</summary>
internal readonly struct EuclideanModel : IModel
{
    /// <inheritdoc/>
    public static double Distance(ReadOnlySpan<double> u, ReadOnlySpan<double> v, Span<double> gradientOfU, Span<double> gradientOfV)
    {
        double squared = 0;
        for (int i = 0; i < u.Length; i++)
        {
            double difference = u[i] - v[i];
            squared += difference * difference;
            gradientOfU[i] = 2 * difference;
            gradientOfV[i] = -2 * difference;
        }

        return squared;
    }

    /// <inheritdoc/>
    public static void Step(Span<double> point, ReadOnlySpan<double> gradient, double rate)
    {
        for (int i = 0; i < point.Length; i++)
        {
            point[i] -= rate * gradient[i];
        }
    }
}
