using Hypervex.Server.Http;

namespace Hypervex.Server.Tests.Http;

public sealed class RawPathTests
{
    [Theory]
    [InlineData("/a/b?c=/d", "/a/b")]
    [InlineData("/", "/")]
    [InlineData("//a", "//a")]
    [InlineData("/a%3Fb", "/a%3Fb")]
    [InlineData("/a/../b", "/a/../b")]
    [InlineData("http://host:80/a/b?c", "/a/b")]
    [InlineData("http://host", "/")]
    [InlineData("http://host?x", "/")]
    [InlineData("/a/http://b", "/a/http://b")]
    [InlineData("*", "*")]
    public void The_path_is_what_stands_before_the_query(string target, string path) => Assert.Equal(path, RawPath.Of(target));

    [Theory]
    [InlineData("", "")]
    [InlineData("abc", "abc")]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("%252F", "%2F")]
    [InlineData("a+b", "a+b")]
    [InlineData("%f0%9f%8C%b3", "🌳")]
    [InlineData("%2e%2e", "..")]
    [InlineData("%00", "\0")]
    [InlineData("é%C3%A9", "éé")]
    public void A_segment_is_decoded_once(string segment, string text) => Assert.Equal(text, RawPath.Decode(segment));

    [Theory]
    [InlineData("%")]
    [InlineData("%1")]
    [InlineData("a%zz")]
    [InlineData("%g0")]
    [InlineData("%FF")]
    [InlineData("%C3")]
    [InlineData("%C3%28")]
    [InlineData("%ED%A0%80")]
    [InlineData("%C0%AF")]
    public void A_broken_escape_or_sequence_is_refused(string segment) => Assert.Null(RawPath.Decode(segment));
}
