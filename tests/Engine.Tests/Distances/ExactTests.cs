using System.Numerics;

namespace Hypervex.Engine.Tests.Distances;

/// <summary>The numbers that distances are judged by, against published digits.</summary>
public sealed class ExactTests
{
    // Sixty digits behind the point.
    private static readonly BigInteger s_sixty = BigInteger.Pow(10, 60);

    [Theory]
    [InlineData(2, "693147180559945309417232121458176568075500134360255254120680")]
    [InlineData(10, "2302585092994045684017991454684364207601101488628772976033327")]
    [InlineData(0.5, "-693147180559945309417232121458176568075500134360255254120680")]
    [InlineData(1, "0")]
    public void Logarithms_have_their_known_digits(double value, string digits) =>
        Assert.True(BigInteger.Abs(Digits(Exact.Of(value).Logarithm()) - BigInteger.Parse(digits, System.Globalization.CultureInfo.InvariantCulture)) <= 1);

    [Fact]
    public void The_root_of_2_has_its_known_digits() =>
        Assert.Equal(BigInteger.Parse("1414213562373095048801688724209698078569671875376948073176679", System.Globalization.CultureInfo.InvariantCulture), Digits(Exact.Of(2).Root()));

    [Theory]
    [InlineData(1e-30)]
    [InlineData(1e-3)]
    [InlineData(1)]
    [InlineData(3e17)]
    public void Distances_agree_with_float64(double rank)
    {
        double expected = 2 * Math.Asinh(Math.Sqrt(rank)) / Math.Sqrt(0.7);
        Assert.Equal(1, Exact.Of(rank).Distance(0.7).ToDouble() / expected, 1e-14);
    }

    private static BigInteger Digits(Exact number) => (number * new Exact(Exact.Of(1).Scaled * s_sixty)).Scaled / Exact.Of(1).Scaled;
}
