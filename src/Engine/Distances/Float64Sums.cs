using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>
/// Sums over the components of float32 rows in float64. Differences of float32 are exact there. Component i is added to lane i mod 4, in order, and the lanes
/// as (0 + 2) + (1 + 3): the same bits on every platform. Thread safety: pure functions.
/// </summary>
internal static unsafe class Float64Sums
{
    private const int Lanes = 4;

    /// <summary>‖u - v‖².</summary>
    public static double SquaredDifference(float* u, float* v, int n)
    {
        Vector256<double> sum = default;
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            Vector256<double> difference = Widen(u + i) - Widen(v + i);
            sum += difference * difference;
        }

        for (int lane = 0; i < n; i++, lane++)
        {
            double difference = (double)u[i] - v[i];
            sum = sum.WithElement(lane, sum.GetElement(lane) + (difference * difference));
        }

        return Add(sum);
    }

    /// <summary>‖u - v‖², ‖u‖² - ‖v‖² (as the product of difference and sum, which does not cancel), ‖u‖² and ‖v‖².</summary>
    public static void Lorentz(float* u, float* v, int n, out double squaredDifference, out double differenceOfSquares, out double squaresOfU, out double squaresOfV)
    {
        Vector256<double> squared = default, products = default, squares = default, others = default;
        int i = 0;
        for (; i <= n - Lanes; i += Lanes)
        {
            Vector256<double> a = Widen(u + i), b = Widen(v + i);
            Vector256<double> difference = a - b;
            squared += difference * difference;
            products += difference * (a + b);
            squares += a * a;
            others += b * b;
        }

        for (int lane = 0; i < n; i++, lane++)
        {
            double difference = (double)u[i] - v[i];
            squared = squared.WithElement(lane, squared.GetElement(lane) + (difference * difference));
            products = products.WithElement(lane, products.GetElement(lane) + (difference * ((double)u[i] + v[i])));
            squares = squares.WithElement(lane, squares.GetElement(lane) + ((double)u[i] * u[i]));
            others = others.WithElement(lane, others.GetElement(lane) + ((double)v[i] * v[i]));
        }

        squaredDifference = Add(squared);
        differenceOfSquares = Add(products);
        squaresOfU = Add(squares);
        squaresOfV = Add(others);
    }

    private static Vector256<double> Widen(float* four)
    {
        Vector128<float> floats = Vector128.Load(four);
        return Vector256.Create(Vector128.WidenLower(floats), Vector128.WidenUpper(floats));
    }

    private static double Add(Vector256<double> sum) =>
        (sum.GetElement(0) + sum.GetElement(2)) + (sum.GetElement(1) + sum.GetElement(3));
}
