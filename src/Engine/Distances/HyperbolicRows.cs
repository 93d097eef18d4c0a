using System.Globalization;

namespace Hypervex.Distances;

/// <summary>
/// Points of hyperbolic space as rows: what is in the domain, how a point is moved into it, and the factors that <see cref="PoincareRank"/> and
/// <see cref="LorentzRank"/> find at the end of a row. All in float64, from the float32 coordinates taken as exact. Thread safety: pure functions.
/// </summary>
internal static class HyperbolicRows
{
    /// <summary>Places of a row beyond the dimension.</summary>
    public const int ExtraPlaces = 1;

    // How near to the boundary a point may be, 1 - c |x|^2; as a factor that is a(x) = 1e9.
    private const double LeastGap = 1e-9;

    // On the hyperboloid the same: a(x) = (1 + √c x0) / 2.
    private const double MaxTime = 2 / LeastGap;

    private const double MaxDeviation = 1e-6;

    // Where a point goes that is projected, √c |x|: the epsilon of Nickel and Kiela (NeurIPS 2017).
    private const double ProjectedNorm = 1 - 1e-5;

    /// <summary>Whether a finite vector is a point of the space.</summary>
    public static bool IsInDomain(Measure measure, ReadOnlySpan<float> vector)
    {
        if (measure.Metric == Metric.Poincare)
        {
            return Gap(measure.Curvature, vector) > LeastGap;
        }

        double x0 = vector[0];
        double time = Time(measure.Curvature, vector[1..]);
        return x0 > 0 && Math.Sqrt(measure.Curvature) * time < MaxTime && Math.Abs((x0 * x0) - (time * time)) <= MaxDeviation * x0 * x0;
    }

    /// <summary>Moves a point into the domain; one that is in it stays as it is. False when that cannot be done.</summary>
    public static bool TryProject(Measure measure, Span<float> vector)
    {
        if (IsInDomain(measure, vector))
        {
            return true;
        }

        if (measure.Metric == Metric.Lorentz)
        {
            vector[0] = (float)Time(measure.Curvature, vector[1..]);
        }
        else
        {
            double squares = 0;
            foreach (float component in vector)
            {
                squares += (double)component * component;
            }

            double scale = ProjectedNorm / Math.Sqrt(measure.Curvature * squares);
            foreach (ref float component in vector)
            {
                component = (float)(component * scale);
            }
        }

        return IsInDomain(measure, vector);
    }

    /// <summary>Writes the row of a point, moved into the domain when it is outside.</summary>
    public static void Prepare(Measure measure, ReadOnlySpan<float> point, Span<float> row)
    {
        double root = Math.Sqrt(measure.Curvature);
        if (measure.Metric == Metric.Poincare)
        {
            Span<float> coordinates = row[..point.Length];
            point.CopyTo(coordinates);
            TryProject(measure, coordinates);
            row[point.Length] = (float)(root / Gap(measure.Curvature, coordinates));
            return;
        }

        ReadOnlySpan<float> space = point[1..];
        space.CopyTo(row);
        row[space.Length] = (float)root;
        row[space.Length + 1] = (float)(0.5 * (1 + (root * Time(measure.Curvature, space))));
    }

    /// <summary>Puts the coordinates in the ball in the place of those of the hyperboloid; rows under other metrics stay what they are.</summary>
    public static unsafe void ToBall(Metric metric, Span<float> row)
    {
        if (metric != Metric.Lorentz)
        {
            return;
        }

        fixed (float* first = row)
        {
            LorentzRank.ToBall(first, row.Length - LorentzRank.Factors, first);
        }
    }

    /// <summary>Says what is wrong with a vector that is not in the domain.</summary>
    public static string Explain(Measure measure, ReadOnlySpan<float> vector)
    {
        double c = measure.Curvature;
        if (measure.Metric == Metric.Poincare)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"is not inside of the Poincaré ball: c|x|^2 is {1 - Gap(c, vector):g10} with c = {c:g}, expected less than 1 - 1e-9. Scale it, or let the field project");
        }

        double time = vector.Length > 1 ? Time(c, vector[1..]) : Math.Sqrt(1 / c);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"is not on the hyperboloid: x0, which comes first, is {vector[0]:g9}, expected {time:g9} = sqrt(1/c + |x'|^2) with c = {c:g}, at most 2e9 / sqrt(c). Correct it, or let the field project");
    }

    /// <summary>x0 of the point of the hyperboloid above x'.</summary>
    private static double Time(double curvature, ReadOnlySpan<float> space)
    {
        double squares = 1 / curvature;
        foreach (float component in space)
        {
            squares += (double)component * component;
        }

        return Math.Sqrt(squares);
    }

    /// <summary>1 - c |x|^2, with the sum compensated (Neumaier 1974): near the boundary hardly anything is left of the 1.</summary>
    private static double Gap(double curvature, ReadOnlySpan<float> point)
    {
        double sum = 1;
        double lost = 0;
        foreach (float component in point)
        {
            double term = -curvature * ((double)component * component);
            double next = sum + term;
            lost += Math.Abs(sum) >= Math.Abs(term) ? (sum - next) + term : (term - next) + sum;
            sum = next;
        }

        return sum + lost;
    }
}
