namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Logarithm and exponential out of additions, multiplications, divisions and bit operations only, which IEEE 754 defines to
/// the last bit: the same results on every platform, where those of the C library differ. Relative error about 1e-15.
/// Thread safety: pure functions.
/// </summary>
internal static class PortableMath
{
    private const double Ln2 = 0.69314718055994530942;
    private const double Sqrt2 = 1.41421356237309504880;
    private const int MantissaBits = 52;
    private const int ExponentBias = 1023;

    // (sqrt 2 - 1)/(sqrt 2 + 1) = 0.172: its square to the power of 11 is under 1e-16.
    private const int LogTerms = 12;

    // (ln 2)/2 = 0.347: its 16th power over 16! is under 1e-20.
    private const int ExpTerms = 16;

    /// <summary>The natural logarithm of a positive, normal number.</summary>
    public static double Log(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)(bits >> MantissaBits) - ExponentBias;
        double mantissa = BitConverter.Int64BitsToDouble((bits & ((1L << MantissaBits) - 1)) | ((long)ExponentBias << MantissaBits));
        if (mantissa > Sqrt2)
        {
            mantissa /= 2;
            exponent++;
        }

        // ln m = 2 artanh t = 2 (t + t^3/3 + t^5/5 + ...) with t = (m - 1)/(m + 1).
        double t = (mantissa - 1) / (mantissa + 1);
        double square = t * t;
        double sum = 0;
        for (int term = LogTerms - 1; term >= 0; term--)
        {
            sum = (sum * square) + (1.0 / ((2 * term) + 1));
        }

        return (exponent * Ln2) + (2 * t * sum);
    }

    /// <summary>e to the power of x, for x within [-700, 700].</summary>
    public static double Exp(double x)
    {
        double whole = Math.Floor((x / Ln2) + 0.5);
        double rest = x - (whole * Ln2);
        double sum = 1;
        for (int term = ExpTerms; term >= 1; term--)
        {
            sum = 1 + (sum * rest / term);
        }

        return sum * BitConverter.Int64BitsToDouble(((long)whole + ExponentBias) << MantissaBits);
    }
}
