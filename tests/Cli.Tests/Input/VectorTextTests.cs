using Hypervex.Cli.Input;

namespace Hypervex.Cli.Tests.Input;

public sealed class VectorTextTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("1,-2.5,3e-2")]
    [InlineData(" 1, -2.5\t0.03 ")]
    [InlineData("[1, -2.5, 3e-2]")]
    public void Numbers_are_read_in_any_spelling(string text)
    {
        float[] expected = [1, -2.5f, 0.03f];

        float[] vector = VectorText.Read(text);

        Assert.Equal(expected[..vector.Length], vector);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("1,,x")]
    [InlineData("[1, \"2\"]")]
    [InlineData("[1, [2]]")]
    [InlineData("[1")]
    [InlineData("{}")]
    [InlineData("null")]
    public void What_is_no_vector_is_refused(string text)
    {
        CommandException refusal = Assert.Throws<CommandException>(() => VectorText.Read(text));

        Assert.Equal("invalid_vector", refusal.Failure.Code);
        Assert.Equal(ExitCode.Usage, refusal.Failure.Exit);
    }
}
