using System.Text;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

public sealed class TextTokensTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData(" ,;-*\n", "")]
    [InlineData("The old oak-tree, 2nd ed.", "the|old|oak|tree|2nd|ed")]
    [InlineData("ÄÖÜ ΣΊΣΥΦΟΣ σίσυφος", "äöü|σίσυφοσ|σίσυφοσ")]
    [InlineData("e\u0301te\u0301 \u0301x", "e\u0301te\u0301|x")]
    [InlineData("日本語 𝒜𝒷 ١٢٣", "日本語|𝒜𝒷|١٢٣")]
    [InlineData("a_b c'est", "a|b|c|est")]
    public void Tokens_are_runs_of_letters_and_digits_in_one_case(string text, string tokens) => Assert.Equal(tokens, string.Join('|', Of(text)));

    [Fact]
    public void Of_a_long_token_the_beginning_counts_in_whole_characters()
    {
        Assert.Equal([new string('a', 64), "b"], Of(new string('a', 500) + " b"));
        Assert.Equal([new string('日', 21)], Of(new string('日', 22) + "a")); // 63 bytes; what fits behind the cut is not taken
    }

    [Theory]
    [InlineData("oak", "An Oak.", true)]
    [InlineData("oak", "oaks", false)]
    [InlineData("oak*", "oaks", true)]
    [InlineData("oak *", "oaks", false)]
    [InlineData("tree OLD oak", "the old Oak tree", true)]
    [InlineData("tree young", "the old oak tree", false)]
    [InlineData("o* o*", "oak", true)]
    public void A_text_matches_when_it_has_all_tokens(string query, string text, bool expected)
    {
        Assert.Equal(expected, TextQuery.TryRead(Encoding.UTF8.GetBytes(query))!.Matches(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(expected, Filter.Field("x").Match(query).Matches(new MetadataObject { ["x"] = text }));
    }

    [Fact]
    public void An_operand_has_1_to_64_different_tokens()
    {
        string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(i => $"w{i}"));
        Assert.True(Filter.Field("x").Match(Words(64) + " w0").Matches(new MetadataObject { ["x"] = Words(100) }));
        Assert.Equal(ErrorCode.InvalidFilter, Assert.Throws<HypervexException>(() => Filter.Field("x").Match(Words(65))).Code);
        Assert.Equal(ErrorCode.InvalidFilter, Assert.Throws<HypervexException>(() => Filter.Field("x").Match("**")).Code);
    }

    private static List<string> Of(string text)
    {
        var found = new List<string>();
        Span<byte> room = stackalloc byte[TextTokens.MaxBytes];
        for (var tokens = new TextTokens(Encoding.UTF8.GetBytes(text), room); tokens.MoveNext();)
        {
            found.Add(Encoding.UTF8.GetString(tokens.Current));
        }

        return found;
    }
}
