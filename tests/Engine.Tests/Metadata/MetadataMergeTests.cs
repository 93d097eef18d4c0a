using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

/// <summary>The cases of RFC 7396, appendix A, that have objects on both sides, and our own.</summary>
public sealed class MetadataMergeTests
{
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"a":1,"e":null}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    [InlineData("""{"a":5}""", """{"a":{"b":1,"c":null}}""", """{"a":{"b":1}}""")]
    [InlineData("""{"a":{"b":{"c":1,"d":2}}}""", """{"a":{"b":{"c":null}}}""", """{"a":{"b":{"d":2}}}""")]
    [InlineData("""{"a":1}""", """{}""", """{"a":1}""")]
    public void A_patch_is_applied(string target, string patch, string merged)
    {
        var before = MetadataObject.Parse(target);
        MetadataObject after = MetadataMerge.Apply(before, MetadataObject.Parse(patch));
        Assert.Equal(MetadataObject.Parse(merged), after);
        Assert.Equal(MetadataObject.Parse(target), before);
        Assert.True(MetadataEncoding.TryValidate(MetadataEncoding.Encode(after), out _));
    }

    [Fact]
    public void A_patch_without_a_target_drops_its_nulls() =>
        Assert.Equal("""{"b":1}""", MetadataMerge.Apply(null, MetadataObject.Parse("""{"a":null,"b":1}""")).ToJson());
}
