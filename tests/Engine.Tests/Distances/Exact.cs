using System.Numerics;

namespace Hypervex.Engine.Tests.Distances;

/// <summary>Fixed-point numbers of 1,600 bits behind the point, some 480 decimal digits: what distances are judged by.</summary>
internal readonly record struct Exact(BigInteger Scaled)
{
    private const int Bits = 1600;

    private static readonly Exact s_logarithmOf2 = LogarithmByRatio(Of(2));

    public static Exact Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = (bits & 0xF_FFFF_FFFF_FFFF) | (exponent == 0 ? 0 : 1L << 52);
        BigInteger scaled = mantissa << (Bits - 1075 + Math.Max(1, exponent));
        return new Exact(bits < 0 ? -scaled : scaled);
    }

    public static Exact operator +(Exact a, Exact b) => new(a.Scaled + b.Scaled);

    public static Exact operator -(Exact a, Exact b) => new(a.Scaled - b.Scaled);

    public static Exact operator *(Exact a, Exact b) => new((a.Scaled * b.Scaled) >> Bits);

    public static Exact operator /(Exact a, Exact b) => new((a.Scaled << Bits) / b.Scaled);

    /// <summary>Newton's method on integers.</summary>
    public Exact Root()
    {
        BigInteger square = Scaled << Bits;
        if (square.IsZero)
        {
            return this;
        }

        BigInteger root = BigInteger.One << (int)((square.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (root + (square / root)) >> 1;
            if (next >= root)
            {
                return new Exact(root);
            }

            root = next;
        }
    }

    /// <summary>The natural logarithm of a number greater than 0: that of a power of 2 and of what is left, from 1 to 2.</summary>
    public Exact Logarithm()
    {
        int power = (int)Scaled.GetBitLength() - 1 - Bits;
        var rest = new Exact(power >= 0 ? Scaled >> power : Scaled << -power);
        return new Exact(power * s_logarithmOf2.Scaled) + LogarithmByRatio(rest);
    }

    /// <summary>The geodesic distance that belongs to the squared hyperbolic sine of its half, r: 2 ln(√r + √(1 + r)) / √c.</summary>
    public Exact Distance(double curvature) => Of(2) * (Root() + (this + Of(1)).Root()).Logarithm() / Of(curvature).Root();

    /// <summary>The nearest float64, but for its last bit.</summary>
    public double ToDouble()
    {
        if (Scaled.IsZero)
        {
            return 0;
        }

        int surplus = (int)Math.Max(0, BigInteger.Abs(Scaled).GetBitLength() - 60);
        return Math.ScaleB((double)(Scaled >> surplus), surplus - Bits);
    }

    // ln x = 2 artanh z with z = (x - 1)/(x + 1), as the series z + z³/3 + z⁵/5 + …; z is 1/3 at most.
    private static Exact LogarithmByRatio(Exact x)
    {
        Exact z = (x - Of(1)) / (x + Of(1)), square = z * z, sum = Of(0);
        for (int n = 1; !z.Scaled.IsZero; n += 2)
        {
            sum += new Exact(z.Scaled / n);
            z *= square;
        }

        return sum + sum;
    }

    /// <summary>The squared hyperbolic sine of half the distance in the Poincaré ball.</summary>
    public static Exact PoincareRank(float[] u, float[] v, double curvature)
    {
        Exact c = Of(curvature), one = Of(1), difference = Of(0), squaresOfU = Of(0), squaresOfV = Of(0);
        for (int i = 0; i < u.Length; i++)
        {
            Exact a = Of(u[i]), b = Of(v[i]);
            difference += (a - b) * (a - b);
            squaresOfU += a * a;
            squaresOfV += b * b;
        }

        return c * difference / ((one - (c * squaresOfU)) * (one - (c * squaresOfV)));
    }

    /// <summary>The same on the hyperboloid, with x0 from x': (c (x0 y0 - x'y') - 1) / 2.</summary>
    public static Exact LorentzRank(float[] u, float[] v, double curvature)
    {
        Exact c = Of(curvature), one = Of(1), product = Of(0), squaresOfU = one / c, squaresOfV = one / c;
        for (int i = 1; i < u.Length; i++)
        {
            Exact a = Of(u[i]), b = Of(v[i]);
            product += a * b;
            squaresOfU += a * a;
            squaresOfV += b * b;
        }

        return ((c * ((squaresOfU * squaresOfV).Root() - product)) - one) / Of(2);
    }
}
