using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>Which vectors a metric accepts, and the form in which their rows are kept for searching.</summary>
internal static class VectorDomain
{
    /// <summary>
    /// Greatest squared norm: a quarter of float32's range, so that the squared distance of two vectors stays finite.
    /// </summary>
    public const float MaxSquaredNorm = float.MaxValue / 4;

    /// <summary>A vector of up to 2^20 components, none of which is greater, has a squared norm below <see cref="MaxSquaredNorm"/>: its square is 2^104, and 2^20 of these are 2^124.</summary>
    private const float MaxSafeMagnitude = 1L << 52;

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
        float greatest = GreatestMagnitude(vector);
        if (greatest < MaxSafeMagnitude && greatest > 0 && !measure.IsHyperbolic)
        {
            return null; // NaN compares with nothing, and so goes on
        }

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
        for (; i <= input.Length - 8; i += 8)
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Create(input[i..]));
            Vector256.Narrow(lower * scale, upper * scale).CopyTo(row[i..]);
        }

        for (; i < input.Length; i++)
        {
            row[i] = (float)(input[i] * scale);
        }
    }

    // Squares of float32 are exact in float64 and cannot overflow it, so a result that is not finite has a bad component.
    // Component i goes to lane i mod 4: a fixed order, and four additions under way at a time.
    private static double SquaredNorm(ReadOnlySpan<float> vector)
    {
        Vector256<double> lanes = Vector256<double>.Zero;
        int i = 0;
        for (; i <= vector.Length - 8; i += 8)
        {
            (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.Create(vector[i..]));
            lanes += lower * lower;
            lanes += upper * upper;
        }

        if (i <= vector.Length - 4)
        {
            Vector256<double> rest = Vector256.Create((double)vector[i], vector[i + 1], vector[i + 2], vector[i + 3]);
            lanes += rest * rest;
            i += 4;
        }

        double lane0 = lanes[0];
        for (; i < vector.Length; i++)
        {
            lane0 += (double)vector[i] * vector[i];
        }

        return (lane0 + lanes[1]) + (lanes[2] + lanes[3]);
    }

    // The greatest magnitude by its bits, in which infinity is greater than any number and NaN greater than infinity.
    private static float GreatestMagnitude(ReadOnlySpan<float> vector)
    {
        const uint Magnitude = 0x7FFF_FFFF;
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(vector);
        Vector256<uint> greatest = Vector256<uint>.Zero;
        int i = 0;
        for (; i <= bits.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
        {
            greatest = Vector256.Max(greatest, Vector256.Create(bits[i..]) & Vector256.Create(Magnitude));
        }

        uint result = 0;
        for (; i < bits.Length; i++)
        {
            result = Math.Max(result, bits[i] & Magnitude);
        }

        for (int lane = 0; lane < Vector256<uint>.Count; lane++)
        {
            result = Math.Max(result, greatest[lane]);
        }

        return BitConverter.UInt32BitsToSingle(result);
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
