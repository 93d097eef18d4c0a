using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>Which vectors a metric accepts, and the form in which their rows are kept for searching.</summary>
internal static class VectorDomain
{
    /// <summary>
    /// Greatest squared norm: a quarter of float32's range, so that the squared distance of two vectors stays finite.
    /// </summary>
    public const float MaxSquaredNorm = float.MaxValue / 4;

    private const int Lanes = 8;

    /// <summary>Checks a vector before it is stored or searched.</summary>
    /// <param name="measure">The field's metric.</param>
    /// <param name="vector">float32[dimension].</param>
    /// <param name="badIndex">The first component that is NaN or infinite; -1 when the vector as a whole is refused, or accepted.</param>
    /// <returns>
    /// Null when accepted; <see cref="ErrorCode.NonFiniteVector"/> for a bad component or a squared norm above
    /// <see cref="MaxSquaredNorm"/>; <see cref="ErrorCode.ZeroNorm"/> for the zero vector under cosine;
    /// <see cref="ErrorCode.OutOfDomain"/> for a point outside of hyperbolic space.
    /// </returns>
    public static ErrorCode? Check(Measure measure, ReadOnlySpan<float> vector, out int badIndex)
    {
        badIndex = -1;
        double squaredNorm = SquaredNorm(vector);
        if (!double.IsFinite(squaredNorm))
        {
            badIndex = FirstNonFinite(vector);
            return ErrorCode.NonFiniteVector;
        }

        if (squaredNorm > MaxSquaredNorm)
        {
            return ErrorCode.NonFiniteVector;
        }

        return measure.Metric switch
        {
            Metric.Cosine when squaredNorm == 0 => ErrorCode.ZeroNorm,
            Metric.Poincare or Metric.Lorentz when !HyperbolicRows.IsInDomain(measure, vector) => ErrorCode.OutOfDomain,
            _ => null,
        };
    }

    /// <summary>
    /// Writes the row under which an accepted vector is searched: of length 1 for cosine, with its factors for poincare and lorentz
    /// (<see cref="HyperbolicRows"/>), else unchanged. The same input gives the same bits on every platform.
    /// </summary>
    /// <param name="measure">The field's metric.</param>
    /// <param name="input">float32[dimension].</param>
    /// <param name="row">float32[dimension], one more for poincare and lorentz.</param>
    public static void Prepare(Measure measure, ReadOnlySpan<float> input, Span<float> row)
    {
        if (measure.IsHyperbolic)
        {
            HyperbolicRows.Prepare(measure, input, row);
            return;
        }

        if (measure.Metric != Metric.Cosine)
        {
            input.CopyTo(row);
            return;
        }

        double scale = 1 / Math.Sqrt(SquaredNorm(input));
        int i = 0;
        for (; i <= input.Length - Lanes; i += Lanes)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(input.Slice(i, Lanes)));
            Vector256.Narrow(low * scale, high * scale).CopyTo(row[i..]);
        }

        for (; i < input.Length; i++)
        {
            row[i] = (float)(input[i] * scale);
        }
    }

    // Squares of float32 are exact in float64 and cannot overflow it, so a result that is not finite has a bad component.
    // Component i goes to lane i mod 4: a fixed order, and four additions under way at a time. Fusing would change nothing, for the
    // same reason.
    private static double SquaredNorm(ReadOnlySpan<float> vector)
    {
        Vector256<double> lanes = default;
        int i = 0;
        for (; i <= vector.Length - Lanes; i += Lanes)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(vector.Slice(i, Lanes)));
            lanes += low * low;
            lanes += high * high;
        }

        double lane0 = lanes[0], lane1 = lanes[1], lane2 = lanes[2], lane3 = lanes[3];
        for (; i <= vector.Length - 4; i += 4)
        {
            lane0 += (double)vector[i] * vector[i];
            lane1 += (double)vector[i + 1] * vector[i + 1];
            lane2 += (double)vector[i + 2] * vector[i + 2];
            lane3 += (double)vector[i + 3] * vector[i + 3];
        }

        for (; i < vector.Length; i++)
        {
            lane0 += (double)vector[i] * vector[i];
        }

        return (lane0 + lane1) + (lane2 + lane3);
    }

    private static int FirstNonFinite(ReadOnlySpan<float> vector)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            if (!float.IsFinite(vector[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
