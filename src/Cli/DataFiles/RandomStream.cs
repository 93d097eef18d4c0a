using System.Numerics;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Random numbers that are the same on every platform: xoshiro256** (D. Blackman, S. Vigna, "Scrambled linear pseudorandom
/// number generators", 2021), seeded through SplitMix64. A seed has many streams, and a stream one sequence per number, so
/// that row n can be made without the rows before it.
/// Thread safety: belongs to one thread.
/// </summary>
internal struct RandomStream
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;
    private double _spareNormal;
    private bool _hasSpare;

    public RandomStream(ulong seed, StreamPurpose purpose, long number)
    {
        ulong state = Mix(Mix(Mix(seed + GoldenGamma) + (ulong)purpose + GoldenGamma) + (ulong)number);
        _s0 = Mix(state += GoldenGamma);
        _s1 = Mix(state += GoldenGamma);
        _s2 = Mix(state += GoldenGamma);
        _s3 = Mix(state + GoldenGamma);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextUniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 to limit - 1; the bias is under limit / 2^64.</summary>
    public long NextBelow(long limit) => (long)Math.BigMul(NextBits(), (ulong)limit, out _);

    /// <summary>
    /// Normally distributed with mean 0 and variance 1, by the polar method (G. Marsaglia, T. Bray, "A Convenient Method for
    /// Generating Normal Variables", 1964): it needs a square root, which is exact everywhere, and one logarithm.
    /// </summary>
    public double NextNormal()
    {
        if (_hasSpare)
        {
            _hasSpare = false;
            return _spareNormal;
        }

        while (true)
        {
            double u = (2 * NextUniform()) - 1;
            double v = (2 * NextUniform()) - 1;
            double square = (u * u) + (v * v);
            if (square is > 0 and < 1)
            {
                double factor = Math.Sqrt(-2 * PortableMath.Log(square) / square);
                _spareNormal = v * factor;
                _hasSpare = true;
                return u * factor;
            }
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>What the numbers of a stream are for. The values are part of the data: changing one changes every generated file.</summary>
internal enum StreamPurpose
{
    Rows = 0,
    Queries,
    Centres,
    Scales,
    Directions,
    ClusterDirections,
}
