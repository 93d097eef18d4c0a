namespace Hypervex.Training;

/// <summary>The Poincaré ball of curvature -1: equations 1, 4 and 5 of Nickel and Kiela, "Poincaré Embeddings for Learning Hierarchical Representations", NeurIPS 2017.</summary>
internal readonly struct PoincareModel : IModel
{
    // Points stay so far from the boundary.
    private const double MaxNorm = 1 - 1e-5;

    // The distance has no gradient where two points meet.
    private const double LeastSlope = 1e-9;

    /// <inheritdoc/>
    public static double Distance(ReadOnlySpan<double> u, ReadOnlySpan<double> v, Span<double> gradientOfU, Span<double> gradientOfV)
    {
        double squaresOfU = 0, squaresOfV = 0, squared = 0;
        for (int i = 0; i < u.Length; i++)
        {
            double difference = u[i] - v[i];
            squared += difference * difference;
            squaresOfU += u[i] * u[i];
            squaresOfV += v[i] * v[i];
        }

        double alpha = 1 - squaresOfU, beta = 1 - squaresOfV;
        double excess = 2 * squared / (alpha * beta); // gamma - 1
        double slope = Math.Max(LeastSlope, Math.Sqrt(excess * (excess + 2))); // sqrt(gamma^2 - 1)

        // |v|^2 - 2<u, v> + 1 = |u - v|^2 + alpha
        double ofU = 4 / (beta * slope * alpha), ofV = 4 / (alpha * slope * beta);
        double weightOfU = (squared + alpha) / alpha, weightOfV = (squared + beta) / beta;
        for (int i = 0; i < u.Length; i++)
        {
            gradientOfU[i] = ofU * ((weightOfU * u[i]) - v[i]);
            gradientOfV[i] = ofV * ((weightOfV * v[i]) - u[i]);
        }

        return Math.Log(1 + excess + Math.Sqrt(excess * (excess + 2)));
    }

    /// <inheritdoc/>
    public static void Step(Span<double> point, ReadOnlySpan<double> gradient, double rate)
    {
        double squares = 0;
        foreach (double component in point)
        {
            squares += component * component;
        }

        // The metric at the point makes the Riemannian gradient of the Euclidean one.
        double scale = rate * (1 - squares) * (1 - squares) / 4;
        double norm = 0;
        for (int i = 0; i < point.Length; i++)
        {
            point[i] -= scale * gradient[i];
            norm += point[i] * point[i];
        }

        norm = Math.Sqrt(norm);
        if (norm > MaxNorm)
        {
            for (int i = 0; i < point.Length; i++)
            {
                point[i] *= MaxNorm / norm;
            }
        }
    }
}
