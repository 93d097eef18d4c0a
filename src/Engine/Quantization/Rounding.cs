using System.Runtime.Intrinsics;

namespace Hypervex.Quantization;

/// <summary>The loops over rotated components: from float32 to whole numbers of steps. Lengths are multiples of 16, zeros behind the dimension.</summary>
internal static unsafe class Rounding
{
    private const int Group = 16;

    /// <summary>Subtracts component by component.</summary>
    public static void Subtract(float* row, float* mean, float* difference, int dimension)
    {
        int i = 0;
        for (; i <= dimension - Group; i += Group)
        {
            (Vector256.Load(row + i) - Vector256.Load(mean + i)).Store(difference + i);
            (Vector256.Load(row + i + 8) - Vector256.Load(mean + i + 8)).Store(difference + i + 8);
        }

        for (; i < dimension; i++)
        {
            difference[i] = row[i] - mean[i];
        }
    }

    /// <summary>The greatest magnitude.</summary>
    public static float MaxMagnitude(float* values, int length)
    {
        Vector256<float> greatest = default;
        for (int i = 0; i < length; i += Group)
        {
            greatest = Vector256.Max(greatest, Vector256.Max(Vector256.Abs(Vector256.Load(values + i)), Vector256.Abs(Vector256.Load(values + i + 8))));
        }

        float max = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
        {
            max = MathF.Max(max, greatest.GetElement(lane));
        }

        return max;
    }

    /// <summary>Rounds values * stepsPerUnit, which lie within -127 to 127.</summary>
    /// <returns>The sum of the rounded values.</returns>
    public static int ToSigned(float* values, int length, float stepsPerUnit, sbyte* rounded)
    {
        Vector256<int> sums = default;
        for (int i = 0; i < length; i += Group)
        {
            Vector256<int> low = Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(values + i) * stepsPerUnit));
            Vector256<int> high = Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(values + i + 8) * stepsPerUnit));
            sums += low + high;
            Vector256<short> both = Vector256.Narrow(low, high);
            Vector128.Narrow(both.GetLower(), both.GetUpper()).Store(rounded + i);
        }

        return Vector256.Sum(sums);
    }

    /// <summary>Rounds values * stepsPerUnit + offset into the range low to high.</summary>
    public static void ToUnsigned(float* values, int length, float stepsPerUnit, float offset, float low, float high, byte* rounded)
    {
        for (int i = 0; i < length; i += Group)
        {
            Vector256<int> first = Vector256.ConvertToInt32(Steps(Vector256.Load(values + i), stepsPerUnit, offset, low, high));
            Vector256<int> second = Vector256.ConvertToInt32(Steps(Vector256.Load(values + i + 8), stepsPerUnit, offset, low, high));
            Vector256<ushort> both = Vector256.Narrow(first.AsUInt32(), second.AsUInt32());
            Vector128.Narrow(both.GetLower(), both.GetUpper()).Store(rounded + i);
        }
    }

    /// <summary>The product of values with their rounded form, and the squared length of the latter, both in steps.</summary>
    /// <param name="values">float32[length].</param>
    /// <param name="dimension">Components that count.</param>
    /// <param name="stepsPerUnit">The inverse of the step.</param>
    /// <param name="offset">What is added before rounding, and taken off again.</param>
    /// <param name="low">Least code.</param>
    /// <param name="high">Greatest code.</param>
    public static (float Product, float Squared) Measure(float* values, int dimension, float stepsPerUnit, float offset, float low, float high)
    {
        const int Lanes = 8;
        Vector256<float> products = default, squares = default;
        int i = 0;
        for (; i <= dimension - Lanes; i += Lanes)
        {
            Vector256<float> row = Vector256.Load(values + i);
            Vector256<float> steps = Steps(row, stepsPerUnit, offset, low, high) - Vector256.Create(offset);
            products += steps * row;
            squares += steps * steps;
        }

        float product = Vector256.Sum(products);
        float squared = Vector256.Sum(squares);
        for (; i < dimension; i++)
        {
            float steps = Math.Clamp(MathF.Round((values[i] * stepsPerUnit) + offset), low, high) - offset;
            product += steps * values[i];
            squared += steps * steps;
        }

        return (product, squared);
    }

    private static Vector256<float> Steps(Vector256<float> values, float stepsPerUnit, float offset, float low, float high)
    {
        Vector256<float> steps = Vector256.Round((values * stepsPerUnit) + Vector256.Create(offset));
        return Vector256.Min(Vector256.Max(steps, Vector256.Create(low)), Vector256.Create(high));
    }
}
