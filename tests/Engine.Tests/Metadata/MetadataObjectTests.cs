using System.Buffers;
using System.Text;
using System.Text.Json;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

public sealed class MetadataObjectTests
{
    [Theory]
    [InlineData("1", MetadataKind.Integer, "1")]
    [InlineData("-0", MetadataKind.Integer, "0")]
    [InlineData("9223372036854775807", MetadataKind.Integer, "9223372036854775807")]
    [InlineData("-9223372036854775808", MetadataKind.Integer, "-9223372036854775808")]
    [InlineData("1.0", MetadataKind.Float, "1.0")]
    [InlineData("1e2", MetadataKind.Float, "100.0")]
    [InlineData("-0.0", MetadataKind.Float, "0.0")]
    [InlineData("0.1", MetadataKind.Float, "0.1")]
    [InlineData("1e21", MetadataKind.Float, "1E+21")]
    [InlineData("1.7976931348623157e308", MetadataKind.Float, "1.7976931348623157E+308")]
    [InlineData("5e-324", MetadataKind.Float, "5E-324")]
    [InlineData("9223372036854775808.0", MetadataKind.Float, "9.223372036854776E+18")]
    [InlineData("\"\\u00e9\\n\\u0000\"", MetadataKind.String, "\"é\\n\\u0000\"")]
    [InlineData("[1, 1.0, []]", MetadataKind.Array, "[1,1.0,[]]")]
    [InlineData("{\"b\": 1, \"a\": null}", MetadataKind.Object, "{\"a\":null,\"b\":1}")]
    [InlineData("true", MetadataKind.Boolean, "true")]
    [InlineData("null", MetadataKind.Null, "null")]
    public void A_value_keeps_its_kind_and_its_text(string json, MetadataKind kind, string written)
    {
        var metadata = MetadataObject.Parse($"{{\"x\": {json}}}");
        Assert.Equal(kind, metadata["x"].Kind);
        Assert.Equal($"{{\"x\":{written}}}", metadata.ToJson());
        Assert.Equal(metadata, MetadataObject.Parse(metadata.ToJson()));
        using var theirs = JsonDocument.Parse(json);
        using var ours = JsonDocument.Parse(written);
        Assert.Equal(theirs.RootElement.ValueKind, ours.RootElement.ValueKind);
    }

    [Theory]
    [InlineData("""{"a": 1, "a": 2}""", ErrorCode.InvalidJson, "metadata: the key \"a\" appears more than once.")]
    [InlineData("""{"x": {"a": 1, "\u0061": 2}}""", ErrorCode.InvalidJson, "metadata.x: the key \"a\" appears")]
    [InlineData("""{"a": "\ud800"}""", ErrorCode.InvalidJson, "metadata.a: a string is not well-formed")]
    [InlineData("""{"\udfff": 1}""", ErrorCode.InvalidJson, "metadata: a string is not well-formed")]
    [InlineData("""{"a": [1, 18446744073709551615]}""", ErrorCode.InvalidMetadata, "metadata.a[1]: the integer 18446744073709551615 is outside of int64")]
    [InlineData("""{"a": 1e999}""", ErrorCode.InvalidMetadata, "metadata.a: the number 1e999 is beyond")]
    [InlineData("""{"a": NaN}""", ErrorCode.InvalidJson, "metadata.a: not well-formed JSON at line 1, byte 7")]
    [InlineData("""{"a": 1} x""", ErrorCode.InvalidJson, "metadata: not well-formed JSON at line 1")]
    [InlineData("""{"a": 1} {}""", ErrorCode.InvalidJson, "metadata: ")]
    [InlineData("""[1]""", ErrorCode.InvalidJson, "metadata: expected an object, found an array.")]
    [InlineData("""{"a": [""", ErrorCode.InvalidJson, "metadata.a: ")]
    [InlineData("", ErrorCode.InvalidJson, "metadata: ")]
    [InlineData("""{"a":{"a":{"a":{"a":{"a":{"a":{"a":[[]]}}}}}}}""", ErrorCode.InvalidMetadata, "metadata.a.a.a.a.a.a.a[0]: nested more than 8 levels")]
    public void Bad_JSON_is_refused_where_it_stands(string json, ErrorCode code, string message)
    {
        HypervexException refusal = Assert.Throws<HypervexException>(() => MetadataObject.Parse(json));
        Assert.Equal(code, refusal.Code);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_thousand_levels_are_refused_cheaply()
    {
        string deep = "{\"a\": " + new string('[', 10_000);
        Assert.Equal(ErrorCode.InvalidMetadata, Assert.Throws<HypervexException>(() => MetadataObject.Parse(deep)).Code);
    }

    [Fact]
    public void A_huge_string_is_refused_before_it_is_decoded()
    {
        byte[] json = [.. "{\"a\": \""u8, .. Enumerable.Repeat((byte)'x', 8_000_000), .. "\"}"u8];
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ErrorCode.InvalidMetadata, Assert.Throws<HypervexException>(() => MetadataObject.Parse(json)).Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void The_builder_refuses_what_JSON_cannot_hold()
    {
        AssertInvalid(() => (MetadataValue)double.NaN);
        AssertInvalid(() => (MetadataValue)double.PositiveInfinity);
        AssertInvalid(() => (MetadataValue)"\ud800x");
        AssertInvalid(() => (MetadataValue)"x\udc00");
        AssertInvalid(() => new MetadataObject { ["\ud83d"] = 1 });
        Assert.Equal("\U0001F600", ((MetadataValue)"\U0001F600").AsString());
    }

    [Fact]
    public void Nesting_is_limited_while_building()
    {
        MetadataValue value = 1;
        for (int i = 0; i < Limits.MaxMetadataDepth - 1; i++)
        {
            value = new[] { value };
        }

        var deepest = new MetadataObject { ["a"] = value };
        Assert.Equal(deepest, MetadataEncoding.Decode(MetadataEncoding.Encode(deepest)));
        AssertInvalid(() => (MetadataValue)new[] { value });
        AssertInvalid(() => (MetadataValue)deepest);
    }

    [Fact]
    public void A_value_does_not_change_with_the_object_it_was_made_of()
    {
        var inner = new MetadataObject { ["x"] = 1 };
        var outer = new MetadataObject { ["inner"] = inner };
        inner["x"] = 2;
        Assert.Equal(1, outer["inner"].AsObject()["x"].AsInteger());
        Assert.Throws<InvalidOperationException>(() => outer["inner"].AsObject()["x"] = 3);
        Assert.Throws<InvalidOperationException>(() => outer["inner"].AsObject().Remove("x"));
        var copy = new MetadataObject(outer["inner"].AsObject()) { ["x"] = 3 };
        Assert.Equal(3, copy["x"].AsInteger());
        Assert.Equal(1, outer["inner"].AsObject()["x"].AsInteger());
    }

    [Fact]
    public void It_behaves_like_a_dictionary()
    {
        const int Seed = 11;
        var random = new RandomMetadata(Seed);
        var metadata = new MetadataObject();
        var model = new Dictionary<string, MetadataValue>();
        for (int i = 0; i < 2_000; i++)
        {
            string key = random.Key() + random.Chance.Next(20);
            if (random.Chance.Next(3) == 0)
            {
                Assert.Equal(model.Remove(key), metadata.Remove(key));
            }
            else
            {
                metadata[key] = model[key] = random.Value(2);
            }

            Assert.Equal(model.Count, metadata.Count);
            Assert.Equal(model.TryGetValue(key, out MetadataValue expected), metadata.TryGetValue(key, out MetadataValue actual));
            Assert.Equal(expected, actual);
        }

        Assert.Equal(model.Keys.OrderBy(key => Convert.ToHexString(Encoding.UTF8.GetBytes(key)), StringComparer.Ordinal), metadata.Keys);
        Assert.Throws<KeyNotFoundException>(() => metadata["absent"]);
    }

    [Fact]
    public void A_value_of_another_kind_says_so()
    {
        MetadataValue text = "5";
        Assert.Throws<InvalidOperationException>(() => text.AsInteger());
        Assert.Throws<InvalidOperationException>(() => text.AsDouble());
        Assert.Throws<InvalidOperationException>(() => text.AsBoolean());
        Assert.Throws<InvalidOperationException>(() => text.AsArray());
        Assert.Throws<InvalidOperationException>(() => text.AsObject());
        Assert.Throws<InvalidOperationException>(() => MetadataValue.Null.AsString());
        Assert.NotEqual((MetadataValue)5, text);
        Assert.NotEqual((MetadataValue)5, (MetadataValue)5.0);
        Assert.Equal(MetadataValue.Null, (string?)null);
    }

    [Fact]
    public void It_is_read_out_of_a_larger_document_and_written_into_one()
    {
        var reader = new Utf8JsonReader("""{"metadata": {"a": [1, {"b": 2.0}]}, "k": 3}"""u8);
        reader.Read();
        reader.Read();
        var metadata = MetadataObject.Read(ref reader);
        Assert.True(reader.Read());
        Assert.Equal("k", reader.GetString());

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("metadata");
            metadata.WriteTo(writer);
            writer.WriteEndObject();
        }

        Assert.Equal("""{"metadata":{"a":[1,{"b":2.0}]}}""", Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void AssertInvalid(Func<object> action) =>
        Assert.Equal(ErrorCode.InvalidMetadata, Assert.Throws<HypervexException>(action).Code);
}
