using System.Buffers;
using System.Text;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

public sealed class MetadataEncodingTests
{
    [Fact]
    public void The_pictures_of_the_format_page_are_the_bytes()
    {
        Assert.Equal("0400000079656172" + "03E407000000000000", Hex("""{"year": 2020}"""));
        Assert.Equal(
            "020000006174" + "0706000000" + "0100000078" + "00"
            + "0400000074616773" + "0611000000" + "05030000006F616B" + "04000000000000F83F",
            Hex("""{"tags": ["oak", 1.5], "at": {"x": null}}"""));
        Assert.Equal("", Hex("{}"));
        Assert.Empty(MetadataEncoding.Encode(null));
    }

    [Fact]
    public void The_key_order_of_the_format_page_is_the_order_of_UTF8_bytes()
    {
        string[] ascending = ["", "a", "a.b", "ab", "é", "\uFFFD", "😀"];
        var metadata = new MetadataObject();
        foreach (string key in ascending.Reverse())
        {
            metadata[key] = true;
        }

        Assert.Equal(ascending, metadata.Keys);
        Assert.Equal(ascending, ascending.OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y))));
        MetadataEncoding.Validate(MetadataEncoding.Encode(metadata));
    }

    [Fact]
    public void Random_objects_come_back_and_have_one_encoding()
    {
        const int Seed = 20260127;
        var random = new RandomMetadata(Seed);
        for (int i = 0; i < 10_000; i++)
        {
            MetadataObject metadata = random.Object(levels: 4);
            byte[] bytes = MetadataEncoding.Encode(metadata);
            var appended = new ArrayBufferWriter<byte>();
            Assert.Equal(bytes.Length, MetadataEncoding.Encode(metadata, appended));
            Assert.Equal(bytes, appended.WrittenSpan.ToArray());
            Assert.True(MetadataEncoding.TryValidate(bytes, out string? problem), $"seed {Seed}, object {i}: {problem}");
            Assert.Equal(metadata, MetadataEncoding.Decode(bytes));
            Assert.Equal(metadata, MetadataObject.Parse(metadata.ToJson()));

            MetadataObject shuffled = new();
            foreach ((string key, MetadataValue value) in metadata.OrderBy(_ => random.Chance.Next()))
            {
                shuffled[key] = value;
            }

            Assert.Equal(bytes, MetadataEncoding.Encode(shuffled));
        }
    }

    [Fact]
    public void Mutated_bytes_are_refused_or_are_themselves_canonical()
    {
        const int Seed = 7;
        var random = new RandomMetadata(Seed);
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] original = MetadataEncoding.Encode(random.Object(levels: 4));
            byte[] mutated = Mutate(original, random.Chance);
            if (!MetadataEncoding.TryValidate(mutated, out string? problem))
            {
                refused++;
                Assert.Contains("byte", problem, StringComparison.Ordinal);
                Assert.Equal(ErrorCode.Damaged, Assert.Throws<HypervexException>(() => MetadataEncoding.Decode(mutated)).Code);
                continue;
            }

            // What the validator accepts must be what the encoder writes: nothing else has this meaning.
            Assert.Equal(mutated, MetadataEncoding.Encode(MetadataEncoding.Decode(mutated)));
        }

        Assert.InRange(refused, 5_000, 19_999);
    }

    [Theory]
    [InlineData("0100000061" + "08", "tag")]
    [InlineData("0100000061", "missing")]
    [InlineData("010000006100" + "010000006100", "sort")]
    [InlineData("010000006200" + "010000006100", "sort")]
    [InlineData("FFFFFFFF61", "beyond")]
    [InlineData("0100000061" + "05FFFFFF7F", "beyond")]
    [InlineData("0100000061" + "030000000000", "beyond")]
    [InlineData("0100000061" + "04000000000000F07F", "infinite")]
    [InlineData("0100000061" + "04000000000000F87F", "NaN")]
    [InlineData("0100000061" + "040000000000000080", "-0.0")]
    [InlineData("0100000061" + "0501000000FF", "UTF-8")]
    [InlineData("01000000FF" + "00", "UTF-8")]
    [InlineData("0100000061" + "060300000003" + "0000", "number")]
    [InlineData("010000", "beyond")]
    public void Bytes_outside_of_the_grammar_are_refused(string hex, string reason)
    {
        Assert.False(MetadataEncoding.TryValidate(Convert.FromHexString(hex), out string? problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_limits_are_exact()
    {
        string Nested(int levels) => levels == 1 ? "{}" : $"{{\"a\": {Nested(levels - 1)}}}";
        byte[] deepest = MetadataEncoding.Encode(MetadataObject.Parse(Nested(8)));
        MetadataEncoding.Validate(deepest);
        Assert.Equal(ErrorCode.InvalidMetadata, Assert.Throws<HypervexException>(() => MetadataObject.Parse(Nested(9))).Code);
        byte[] deeper = [.. Convert.FromHexString("010000006107"), .. BitConverter.GetBytes(deepest.Length), .. deepest];
        Assert.False(MetadataEncoding.TryValidate(deeper, out _));

        const int Overhead = 4 + 1 + 1 + 4;
        var largest = new MetadataObject { ["a"] = new string('x', Limits.MaxMetadataBytes - Overhead) };
        Assert.Equal(Limits.MaxMetadataBytes, MetadataEncoding.Encode(largest).Length);
        Assert.Equal(largest, MetadataObject.Parse(largest.ToJson()));
        var larger = new MetadataObject { ["a"] = new string('x', Limits.MaxMetadataBytes - Overhead + 1) };
        Assert.Equal(ErrorCode.InvalidMetadata, Assert.Throws<HypervexException>(() => MetadataEncoding.Encode(larger)).Code);
        Assert.Equal(ErrorCode.InvalidMetadata, Assert.Throws<HypervexException>(() => MetadataObject.Parse(larger.ToJson())).Code);
    }

    private static string Hex(string json) => Convert.ToHexString(MetadataEncoding.Encode(MetadataObject.Parse(json)));

    private static byte[] Mutate(byte[] original, Random chance)
    {
        switch (original.Length == 0 ? 2 : chance.Next(4))
        {
            case 0:
                byte[] flipped = [.. original];
                flipped[chance.Next(flipped.Length)] ^= (byte)(1 << chance.Next(8));
                return flipped;
            case 1:
                return original[..chance.Next(original.Length)];
            case 2:
                int at = chance.Next(original.Length + 1);
                return [.. original[..at], (byte)chance.Next(256), .. original[at..]];
            default:
                byte[] overwritten = [.. original];
                chance.NextBytes(overwritten.AsSpan(chance.Next(overwritten.Length)));
                return overwritten;
        }
    }
}
