using System.Globalization;
using Hypervex.Distances;

namespace Hypervex;

/// <summary>
/// Geometry of hyperbolic space of curvature -c in its two models: the Poincaré ball (points with c |x|^2 &lt; 1) and the hyperboloid (lorentz: x0 first,
/// x0^2 - |x'|^2 = 1/c, x0 &gt; 0). Everything is computed in float64. Thread safety: pure functions.
/// </summary>
/// <remarks>
/// Sources: Ganea, Bécigneul and Hofmann, "Hyperbolic Neural Networks", NeurIPS 2018 (addition, exponential and logarithmic map); Ungar, "A Gyrovector Space
/// Approach to Hyperbolic Geometry", 2008 (Einstein midpoint); Nickel and Kiela, NeurIPS 2017 and ICML 2018 (distances, conversion); Karcher 1977 (mean).
/// Arguments that are no point of the space are an <see cref="ErrorCode.OutOfDomain"/>, different dimensions an <see cref="ErrorCode.DimensionMismatch"/>.
/// </remarks>
public static class Hyperbolic
{
    private const int MaxMeanSteps = 10_000;

    /// <summary>The geodesic distance of two points of the Poincaré ball.</summary>
    /// <param name="x">float64[dimension].</param>
    /// <param name="y">float64[dimension].</param>
    /// <param name="curvature">c, greater than 0.</param>
    public static double PoincareDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double curvature = 1)
    {
        double gaps = CheckPair(x, y, curvature) * Gap(y, curvature);
        double squared = 0;
        for (int i = 0; i < x.Length; i++)
        {
            squared += (x[i] - y[i]) * (x[i] - y[i]);
        }

        return 2 / Math.Sqrt(curvature) * Math.Asinh(Math.Sqrt(curvature * squared / gaps));
    }

    /// <summary>The geodesic distance of two points of the hyperboloid; x0 is taken from x'.</summary>
    /// <param name="x">float64[dimension], x0 first.</param>
    /// <param name="y">float64[dimension], y0 first.</param>
    /// <param name="curvature">c, greater than 0.</param>
    public static double LorentzDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double curvature = 1)
    {
        CheckLorentz(x, curvature);
        CheckLorentz(y, curvature);
        CheckLengths(x, y);
        double squared = 0, products = 0, squaresOfX = 1 / curvature, squaresOfY = 1 / curvature;
        for (int i = 1; i < x.Length; i++)
        {
            squared += (x[i] - y[i]) * (x[i] - y[i]);
            products += (x[i] - y[i]) * (x[i] + y[i]);
            squaresOfX += x[i] * x[i];
            squaresOfY += y[i] * y[i];
        }

        double rank = LorentzRank.Of(x[1..], y[1..], curvature, squared, products, Math.Sqrt(squaresOfX) + Math.Sqrt(squaresOfY));
        return 2 / Math.Sqrt(curvature) * Math.Asinh(Math.Sqrt(rank));
    }

    /// <summary>The point of the hyperboloid that belongs to a point of the Poincaré ball: one component more, x0 first.</summary>
    /// <param name="point">float64[dimension].</param>
    /// <param name="curvature">c, greater than 0.</param>
    public static double[] PoincareToLorentz(ReadOnlySpan<double> point, double curvature = 1)
    {
        double gap = CheckPoincare(point, curvature);
        double[] result = new double[point.Length + 1];
        result[0] = (2 - gap) / (gap * Math.Sqrt(curvature));
        for (int i = 0; i < point.Length; i++)
        {
            result[i + 1] = 2 * point[i] / gap;
        }

        return result;
    }

    /// <summary>The point of the Poincaré ball that belongs to a point of the hyperboloid: one component less. x0 is taken from x'.</summary>
    /// <param name="point">float64[dimension], x0 first.</param>
    /// <param name="curvature">c, greater than 0.</param>
    public static double[] LorentzToPoincare(ReadOnlySpan<double> point, double curvature = 1)
    {
        CheckLorentz(point, curvature);
        double scale = 1 / (1 + Math.Sqrt(1 + (curvature * Dot(point[1..], point[1..]))));
        return Scaled(point[1..], scale);
    }

    /// <summary>Möbius addition x ⊕ y in the Poincaré ball; neither commutative nor associative. (-x) ⊕ x = 0.</summary>
    /// <param name="x">float64[dimension].</param>
    /// <param name="y">float64[dimension].</param>
    /// <param name="curvature">c, greater than 0.</param>
    public static double[] MobiusAdd(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double curvature = 1)
    {
        double gap = CheckPair(x, y, curvature);
        double product = Dot(x, y);
        double squareOfX = Dot(x, x);
        double squareOfY = Dot(y, y);
        double denominator = 1 + (2 * curvature * product) + (curvature * curvature * squareOfX * squareOfY);
        double ofX = 1 + (2 * curvature * product) + (curvature * squareOfY);
        double[] sum = new double[x.Length];
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] = ((ofX * x[i]) + (gap * y[i])) / denominator;
        }

        return sum;
    }

    /// <summary>The exponential map: where the geodesic from a point in a direction is after the direction's length (in the tangent space at the point).</summary>
    /// <param name="point">float64[dimension], in the ball.</param>
    /// <param name="tangent">float64[dimension], any finite vector.</param>
    /// <param name="curvature">c, greater than 0.</param>
    public static double[] Exp(ReadOnlySpan<double> point, ReadOnlySpan<double> tangent, double curvature = 1)
    {
        double gap = CheckPoincare(point, curvature);
        CheckLengths(point, tangent);
        double length = Math.Sqrt(Dot(tangent, tangent));
        if (!double.IsFinite(length))
        {
            throw new HypervexException(ErrorCode.NonFiniteVector, "The tangent vector has no finite length.");
        }

        if (length == 0)
        {
            return point.ToArray();
        }

        double root = Math.Sqrt(curvature);

        // tanh rounds to 1 from about 19 on, which is the boundary itself: the farthest point inside stands for it.
        double reach = Math.Min(Math.Tanh(root * length / gap), 1 - 1e-15);
        return MobiusAdd(point, Scaled(tangent, reach / (root * length)), curvature);
    }

    /// <summary>The logarithmic map, the inverse of <see cref="Exp"/>: the tangent vector at one point that leads to another.</summary>
    /// <param name="point">float64[dimension], in the ball.</param>
    /// <param name="target">float64[dimension], in the ball.</param>
    /// <param name="curvature">c, greater than 0.</param>
    public static double[] Log(ReadOnlySpan<double> point, ReadOnlySpan<double> target, double curvature = 1)
    {
        double gap = CheckPair(point, target, curvature);
        double[] direction = MobiusAdd(Scaled(point, -1), target, curvature);
        double length = Math.Sqrt(Dot(direction, direction));
        if (length == 0)
        {
            return direction;
        }

        // The distance is the length in the metric of the tangent space, where a vector counts 2 / (1 - c|x|^2) times.
        return Scaled(direction, 0.5 * gap * PoincareDistance(point, target, curvature) / length);
    }

    /// <summary>
    /// The Einstein midpoint of weighted points of the Poincaré ball: their centre of mass on the hyperboloid. For two points of equal weight the middle of the geodesic.
    /// </summary>
    /// <param name="points">One or more points.</param>
    /// <param name="weights">As many numbers of 0 or more, not all 0; empty = all 1.</param>
    /// <param name="curvature">c, greater than 0.</param>
    public static double[] EinsteinMidpoint(IReadOnlyList<double[]> points, ReadOnlySpan<double> weights = default, double curvature = 1)
    {
        CheckWeights(points, weights);
        double time = 0;
        double[] space = new double[points[0].Length];
        for (int i = 0; i < points.Count; i++)
        {
            CheckLengths(points[0], points[i]);
            double gap = CheckPoincare(points[i], curvature);
            double weight = weights.IsEmpty ? 1 : weights[i];
            time += weight * (2 - gap) / gap;
            double scale = 2 * weight * Math.Sqrt(curvature) / gap;
            for (int j = 0; j < space.Length; j++)
            {
                space[j] += scale * points[i][j];
            }
        }

        double norm = Math.Sqrt(Math.Max(0, (time * time) - Dot(space, space)));
        return Scaled(space, 1 / (Math.Sqrt(curvature) * (norm + time)));
    }

    /// <summary>
    /// The Fréchet mean of weighted points of the Poincaré ball: the point whose weighted sum of squared geodesic distances is least, which hyperbolic space has just one of. By gradient
    /// steps that are short enough to converge (the curvature of the sum grows as r coth r with the points' distance).
    /// </summary>
    /// <param name="points">One or more points.</param>
    /// <param name="weights">As many numbers of 0 or more, not all 0; empty = all 1.</param>
    /// <param name="curvature">c, greater than 0.</param>
    /// <param name="tolerance">The length of a step, in units of distance, at which it is found.</param>
    public static double[] FrechetMean(IReadOnlyList<double[]> points, ReadOnlySpan<double> weights = default, double curvature = 1, double tolerance = 1e-12)
    {
        double[] mean = EinsteinMidpoint(points, weights, curvature);
        double total = 0;
        for (int i = 0; i < points.Count; i++)
        {
            total += weights.IsEmpty ? 1 : weights[i];
        }

        for (int step = 0; step < MaxMeanSteps; step++)
        {
            double[] gradient = new double[mean.Length];
            double farthest = 0;
            for (int i = 0; i < points.Count; i++)
            {
                double[] towards = Log(mean, points[i], curvature);
                double weight = (weights.IsEmpty ? 1 : weights[i]) / total;
                for (int j = 0; j < mean.Length; j++)
                {
                    gradient[j] += weight * towards[j];
                }

                farthest = Math.Max(farthest, PoincareDistance(mean, points[i], curvature));
            }

            double reach = Math.Sqrt(curvature) * farthest;
            double pace = reach < 1e-6 ? 1 : Math.Tanh(reach) / reach;
            double length = 2 * Math.Sqrt(Dot(gradient, gradient)) / Gap(mean, curvature);
            mean = Exp(mean, Scaled(gradient, pace), curvature);
            if (length <= tolerance)
            {
                break;
            }
        }

        return mean;
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    private static double[] Scaled(ReadOnlySpan<double> x, double scale)
    {
        double[] result = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            result[i] = scale * x[i];
        }

        return result;
    }

    // 1 - c|x|², of which near the boundary hardly anything is left: what squares and sums lose is kept beside them (Dot2 of Ogita, Rump and Oishi 2005).
    private static double Gap(ReadOnlySpan<double> x, double curvature)
    {
        double sum = 0;
        double lost = 0;
        foreach (double component in x)
        {
            double square = component * component;
            double next = sum + square;
            double part = next - sum;
            lost += Math.FusedMultiplyAdd(component, component, -square) + (sum - (next - part)) + (square - part);
            sum = next;
        }

        return Math.FusedMultiplyAdd(-curvature, sum, 1) - (curvature * lost);
    }

    private static double CheckPair(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double curvature)
    {
        double gap = CheckPoincare(x, curvature);
        CheckPoincare(y, curvature);
        CheckLengths(x, y);
        return gap;
    }

    private static double CheckPoincare(ReadOnlySpan<double> x, double curvature)
    {
        CheckCurvature(curvature);
        double gap = Gap(x, curvature);
        return gap > 0 ? gap : throw new HypervexException(
            ErrorCode.OutOfDomain,
            string.Create(CultureInfo.InvariantCulture, $"c|x|^2 is {1 - gap:g10} with c = {curvature:g}; a point of the Poincaré ball has less than 1."));
    }

    private static void CheckLorentz(ReadOnlySpan<double> x, double curvature)
    {
        CheckCurvature(curvature);
        if (x.Length < 2)
        {
            throw new HypervexException(ErrorCode.InvalidVector, $"A point of the hyperboloid has 2 or more components, x0 first, not {x.Length}.");
        }

        double squares = (1 / curvature) + Dot(x[1..], x[1..]);
        if (!(x[0] > 0 && double.IsFinite(squares) && Math.Abs((x[0] * x[0]) - squares) <= 1e-6 * x[0] * x[0]))
        {
            throw new HypervexException(
                ErrorCode.OutOfDomain,
                string.Create(CultureInfo.InvariantCulture, $"x0, which comes first, is {x[0]:g9}; on the hyperboloid it is sqrt(1/c + |x'|^2) = {Math.Sqrt(squares):g9} with c = {curvature:g}."));
        }
    }

    private static void CheckCurvature(double curvature)
    {
        if (!(curvature > 0 && double.IsFinite(curvature)))
        {
            throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"curvature is {curvature}; expected c greater than 0 (of a space of curvature -c)."));
        }
    }

    private static void CheckLengths(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
        {
            throw new HypervexException(ErrorCode.DimensionMismatch, $"The points have {x.Length} and {y.Length} components; expected as many.");
        }
    }

    private static void CheckWeights(IReadOnlyList<double[]> points, ReadOnlySpan<double> weights)
    {
        ArgumentNullException.ThrowIfNull(points);
        if (points.Count == 0 || (!weights.IsEmpty && weights.Length != points.Count))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"There are {points.Count} points and {weights.Length} weights; expected one or more points and as many weights, or none.");
        }

        double sum = weights.IsEmpty ? 1 : 0;
        foreach (double weight in weights)
        {
            sum += weight >= 0 ? weight : double.NaN;
        }

        if (!(sum > 0 && double.IsFinite(sum)))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "Weights are finite numbers of 0 or more, not all of them 0.");
        }
    }
}
