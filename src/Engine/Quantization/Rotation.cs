using System.Numerics;
using System.Runtime.Intrinsics;

namespace Hypervex.Quantization;

/// <summary>
/// A random orthonormal transform: it keeps all distances and inner products, and spreads what a few components hold over
/// all of them, so that one step size serves every component. Passes of random signs and a fast Walsh-Hadamard transform
/// (Ailon and Chazelle, STOC 2006) of length p, the greatest power of two that fits: when it is not the whole dimension,
/// passes over the first p components, the last p, and the first p again need no padding.
/// </summary>
/// <remarks>Equal dimension and seed give the same transform on every platform. Thread safety: immutable.</remarks>
internal sealed unsafe class Rotation
{
    private const int Lanes = 8;

    private readonly int _power;
    private readonly int[] _starts;
    private readonly float[][] _signs;

    /// <summary>Creates the transform.</summary>
    /// <param name="dimension">Components, 1 or more.</param>
    /// <param name="seed">Seed of the signs.</param>
    public Rotation(int dimension, ulong seed)
    {
        _power = 1 << BitOperations.Log2((uint)dimension);
        _starts = _power == dimension ? [0] : [0, dimension - _power, 0];
        float scale = 1 / MathF.Sqrt(_power);
        ulong state = seed;
        _signs = [.. _starts.Select(_ => Signs(_power, scale, ref state))];
    }

    /// <summary>Transforms a vector in place.</summary>
    /// <param name="vector">float32[dimension].</param>
    public void Apply(float* vector)
    {
        for (int pass = 0; pass < _starts.Length; pass++)
        {
            fixed (float* signs = _signs[pass])
            {
                Transform(vector + _starts[pass], signs, _power);
            }
        }
    }

    // Each sign carries the factor 1/sqrt(p) that makes the transform orthonormal.
    private static float[] Signs(int count, float scale, ref ulong state)
    {
        float[] signs = new float[count];
        for (int i = 0; i < count; i++)
        {
            // xorshift64* (Vigna, ACM TOMS 2016).
            state = state == 0 ? 0x9E37_79B9_7F4A_7C15 : state;
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            signs[i] = (state * 0x2545_F491_4F6C_DD1D) >> 63 == 0 ? scale : -scale;
        }

        return signs;
    }

    private static void Transform(float* values, float* signs, int count)
    {
        if (count < Lanes)
        {
            TransformFew(values, signs, count);
            return;
        }

        // Strides 1, 2 and 4 inside of a vector, then the wider ones between vectors. The shuffles are one instruction each only where
        // the compiler sees their constants.
        Vector256<float> sign1 = Vector256.Create(1f, -1, 1, -1, 1, -1, 1, -1);
        Vector256<float> sign2 = Vector256.Create(1f, 1, -1, -1, 1, 1, -1, -1);
        Vector256<float> sign4 = Vector256.Create(1f, 1, 1, 1, -1, -1, -1, -1);
        for (int i = 0; i < count; i += Lanes)
        {
            Vector256<float> v = Vector256.Load(values + i) * Vector256.Load(signs + i);
            v = Vector256.Shuffle(v, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)) + (v * sign1);
            v = Vector256.Shuffle(v, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)) + (v * sign2);
            v = Vector256.Shuffle(v, Vector256.Create(4, 5, 6, 7, 0, 1, 2, 3)) + (v * sign4);
            v.Store(values + i);
        }

        for (int stride = Lanes; stride < count; stride *= 2)
        {
            for (int block = 0; block < count; block += 2 * stride)
            {
                for (int i = block; i < block + stride; i += Lanes)
                {
                    Vector256<float> low = Vector256.Load(values + i);
                    Vector256<float> high = Vector256.Load(values + i + stride);
                    (low + high).Store(values + i);
                    (low - high).Store(values + i + stride);
                }
            }
        }
    }

    private static void TransformFew(float* values, float* signs, int count)
    {
        for (int i = 0; i < count; i++)
        {
            values[i] *= signs[i];
        }

        for (int stride = 1; stride < count; stride *= 2)
        {
            for (int i = 0; i < count; i++)
            {
                if ((i & stride) == 0)
                {
                    (values[i], values[i + stride]) = (values[i] + values[i + stride], values[i] - values[i + stride]);
                }
            }
        }
    }
}
