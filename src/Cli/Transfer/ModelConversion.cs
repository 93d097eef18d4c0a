using System.Globalization;
using Hypervex.Cli.Input;

namespace Hypervex.Cli.Transfer;

/// <summary>
/// Turns points of one model of hyperbolic space into the same points of the other. Computed in float64; the result is float32 as all vectors are, and how far that moves
/// a point is measured: near the boundary of the ball, where float32 has few points, it may be far.
/// Invariant: whatever it returns is accepted by a collection of that model and curvature.
/// Thread safety: belongs to one thread.
/// </summary>
/// <param name="from">The model of the points that come in.</param>
/// <param name="curvature">c of the curvature -c.</param>
internal sealed class ModelConversion(HyperbolicModel from, double curvature)
{
    // The domain of hyperbolic fields, as √c x0 (docs/limits.md): 1 - c|x|² above 1e-9 in the ball.
    private const double MaxTime = 2e9;

    /// <summary>The greatest geodesic distance between a converted point and its rounding to float32 so far.</summary>
    public double GreatestMove { get; private set; }

    /// <summary>Converts one point: a component more or less.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.OutOfDomain"/> or <see cref="ErrorCode.InvalidVector"/>: not a point of the model, or one that cannot be held as float32.</exception>
    public float[] Convert(ReadOnlySpan<float> point)
    {
        double[] given = Widen(point);
        bool toLorentz = from == HyperbolicModel.Poincare;
        double[] converted = toLorentz ? Hyperbolic.PoincareToLorentz(given, curvature) : Hyperbolic.LorentzToPoincare(given, curvature);
        CheckReach(toLorentz ? converted[0] : given[0]);
        float[] rounded = [.. converted.Select(component => (float)component)];
        GreatestMove = Math.Max(GreatestMove, toLorentz ? Hyperbolic.LorentzDistance(converted, Widen(rounded), curvature) : MoveInBall(converted, Widen(rounded)));
        return rounded;
    }

    private double MoveInBall(double[] converted, double[] rounded)
    {
        double squares = rounded.Sum(component => component * component);
        return 1 - (curvature * squares) > 2 / MaxTime
            ? Hyperbolic.PoincareDistance(converted, rounded, curvature)
            : throw new HypervexException(
                ErrorCode.OutOfDomain,
                string.Create(CultureInfo.InvariantCulture, $"In float32 the point is not inside of the Poincaré ball any more (c|x|^2 is {curvature * squares:g10} with c = {curvature:g}, expected less than 1 - 1e-9). Keep it on the hyperboloid."));
    }

    private void CheckReach(double time)
    {
        if (!(Math.Sqrt(curvature) * time < MaxTime))
        {
            throw new HypervexException(
                ErrorCode.OutOfDomain,
                string.Create(CultureInfo.InvariantCulture, $"The point is farther out than collections hold: sqrt(c) x0 is {Math.Sqrt(curvature) * time:g6} with c = {curvature:g}, expected less than 2e9 (in the ball 1 - c|x|^2 above 1e-9)."));
        }
    }

    private static double[] Widen(ReadOnlySpan<float> point)
    {
        double[] wide = new double[point.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = point[i];
        }

        return wide;
    }
}
