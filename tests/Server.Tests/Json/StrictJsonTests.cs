using System.Globalization;
using System.Text;
using System.Text.Json;
using Hypervex.Server.Json;

namespace Hypervex.Server.Tests.Json;

public sealed class StrictJsonTests
{
    [Fact]
    public void Vectors_are_read_wherever_blanks_stand()
    {
        float[] vector = ReadVector(" [\n1 ,\t-2.5e0\r\n,3]\n ");
        Assert.Equal([1f, -2.5f, 3f], vector);
    }

    [Fact]
    public void A_vector_of_every_length_is_read_whole()
    {
        var random = new Random(3);
        foreach (int length in new[] { 1, 2, 1_023, 1_024, 1_025, 2_048, 2_049, 65_535, 65_536 })
        {
            float[] expected = [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
            Assert.Equal(expected, ReadVector(JsonSerializer.Serialize(expected)));
        }
    }

    [Fact]
    public void What_follows_a_vector_is_read_with_the_right_place()
    {
        HypervexException error = Assert.Throws<HypervexException>(() => Read("{\"vector\":[1,2,3],\n\"document\":\"x\",\n  !}"));
        Assert.Equal(ErrorCode.InvalidJson, error.Code);
        Assert.Contains("line 3", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"vector\":[1,2,3]", "$")]
    [InlineData("{\"vector\":[1,2,\"x\"]}", "$.vector[2]: ")]
    [InlineData("{\"vectors\":{\"a\":[1],\"b\":[1,[]]}}", "$.vectors.b[1]: ")]
    [InlineData("{\"metadata\":{\"a\":[1,{\"b\":1,\"b\":2}]}}", "$.metadata.a[1]: ")]
    [InlineData("{\"metadata\":{\"a\":[1,{\"b\":18446744073709551616}]}}", "$.metadata.a[1].b: ")]
    public void Errors_name_their_path(string json, string path)
    {
        HypervexException error = Assert.Throws<HypervexException>(() => Read(json));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clients_text_is_shortened_and_cleaned_in_messages()
    {
        HypervexException error = Assert.Throws<HypervexException>(() => Read($$"""{"{{new string('k', 5_000)}}\u0007":1}"""));
        Assert.InRange(error.Message.Length, 50, 400);
        HypervexException control = Assert.Throws<HypervexException>(() => Read("""{"a\u001bb":1}"""));
        Assert.Contains("\"a?b\"", control.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Levels_up_to_the_limit_are_read()
    {
        // The record and its metadata are two levels themselves, and metadata has a limit of its own: 8.
        VectorRecord record = Read("""{"vector":[1],"metadata":{"a":{"b":{"c":{"d":{"e":{"f":[1]}}}}}}}""");
        Assert.Equal(["a"], record.Metadata!.Keys);
    }

    [Fact]
    public void A_whole_body_is_read_the_same_way_as_by_the_runtime()
    {
        const int Seed = 4;
        var random = new Random(Seed);
        for (int i = 0; i < 500; i++)
        {
            string id = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => char.ConvertFromUtf32(RandomScalar(random))));
            float[] vector = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-20, 20)))];
            string json = JsonSerializer.Serialize(new { document = id + id, vector, vector_id = id, metadata = new { n = i, s = id } });
            VectorRecord record = Read(json);
            Assert.Equal(id, record.Id);
            Assert.Equal(id + id, record.Document);
            Assert.Equal(vector, record.Vector);
            Assert.Equal(i, record.Metadata!["n"].AsInteger());
            Assert.Equal(id, record.Metadata["s"].AsString());
        }
    }

    private static int RandomScalar(Random random)
    {
        int scalar = random.Next(1, 0x10_FFFF);
        return scalar is >= 0xD800 and <= 0xDFFF ? 'x' : scalar;
    }

    private static VectorRecord Read(string json) => StrictJson.ReadDocument(Encoding.UTF8.GetBytes(json), RecordJson.Read);

    private static float[] ReadVector(string json) =>
        StrictJson.ReadDocument(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"vector\":{json}}}")), RecordJson.Read).Vector!;
}
