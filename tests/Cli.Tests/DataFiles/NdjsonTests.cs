using Hypervex.Cli.DataFiles;
using static Hypervex.Cli.Tests.DataFiles.Rows;

namespace Hypervex.Cli.Tests.DataFiles;

public sealed class NdjsonTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    [Theory]
    [InlineData("x.ndjson")]
    [InlineData("x.jsonl.gz")]
    public void Records_are_read(string name)
    {
        List<VectorRecord> records = ReadAll(_scratch.Write(name, """
            {"vector_id": "a", "vector": [1, 2.5e0, -3], "metadata": {"year": 2020, "x": 1.0}, "document": "té\nxt", "created_at": "2026-01-27T13:00:00+01:00"}

            {"id": 7, "vector": [4,5,6], "metadata": null, "document": null, "updated_at": "2026-01-27T12:00:00Z", "version": "x"}
            {"vectors": {"title": [1], "body": [2, 3]}}
            """));
        Assert.Equal(["a", "7", "2"], records.Select(record => record.Id));
        Assert.Equal([1, 2.5f, -3], records[0].Vector!);
        Assert.Equal("""{"x":1.0,"year":2020}""", records[0].Metadata!.ToJson());
        Assert.Equal("té\nxt", records[0].Document);
        Assert.Equal(new DateTimeOffset(2026, 1, 27, 12, 0, 0, TimeSpan.Zero), records[0].CreatedAt);
        Assert.Null(records[1].Metadata);
        Assert.Null(records[1].Document);
        Assert.Null(records[2].Vector);
        Assert.Equal([2, 3], records[2].Vectors!["body"]);
    }

    [Fact]
    public void The_time_at_which_a_record_expires_is_read_and_written()
    {
        List<VectorRecord> records = ReadAll(_scratch.Write("x.ndjson", """
            {"vector": [1], "expires_at": "2027-01-27T13:00:00.5+01:00"}
            {"vector": [1], "expires_at": "never"}
            """));
        Assert.Equal([new DateTimeOffset(2027, 1, 27, 12, 0, 0, 500, TimeSpan.Zero), null], records.Select(record => record.ExpiresAt));
        string path = _scratch.Write("y.ndjson", "");
        using (var writer = new NdjsonWriter(path, new FormatOptions()))
        {
            writer.Write(new VectorRow { Id = "a", Vector = [1], ExpiresAt = records[0].ExpiresAt });
            writer.Complete();
        }

        Assert.Equal(records[0].ExpiresAt, Assert.Single(ReadAll(path)).ExpiresAt);
        Assert.Throws<DataFileException>(() => ReadAll(_scratch.Write("z.ndjson", """{"vector": [1], "expires_at": "2027-01-27T13:00:00"}""")));
    }

    [Fact]
    public void A_byte_order_mark_and_Windows_line_ends_are_no_content() =>
        Assert.Equal(2, ReadAll(_scratch.Write("x.ndjson", "\uFEFF{\"vector\": [1]}\r\n\r\n{\"vector\": [2]}\r\n")).Count);

    [Fact]
    public void Lines_longer_than_the_buffer_are_read()
    {
        string text = new('x', 300_000);
        List<VectorRecord> records = ReadAll(_scratch.Write("x.ndjson", string.Join('\n', Enumerable.Range(0, 5).Select(i => $"{{\"vector\": [{i}], \"document\": \"{text}\"}}"))));
        Assert.Equal([0f, 1f, 2f, 3f, 4f], records.Select(record => record.Vector![0]));
        Assert.All(records, record => Assert.Equal(text, record.Document));
    }

    [Theory]
    [InlineData("""{"vector": [1, 2, 3]}""", "2 components as row 0 has", "3 components")]
    [InlineData("""{"vector": []}""", "1 to 65536 components", "0 components")]
    [InlineData("""{"vector": [1, 1e39]}""", "finite components within float32", "component 1 is Infinity")]
    [InlineData("""{"vector": [1, "2"]}""", "a vector as an array of numbers", "something else as component 1")]
    [InlineData("""{"vector": [1, [2]]}""", "a vector as an array of numbers", "something else as component 1")]
    [InlineData("""{"vector": [1, null]}""", "a vector as an array of numbers", "something else as component 1")]
    [InlineData("""{"vector": "AAAA"}""", "a vector as an array of numbers", "something else")]
    [InlineData("""{"vector": [1, NaN]}""", "a line of JSON", "text that is not, from byte 16 of line 2")]
    [InlineData("""{"vector": [1, 2]""", "a line of JSON", "text that is not")]
    [InlineData("""{"vector": [1, 2]} x""", "a line of JSON", "text that is not")]
    [InlineData("""[1, 2]""", "a JSON object", "an array")]
    [InlineData("""{"vector_id": "x"}""", "\"vector\" or \"vectors\"", "neither")]
    [InlineData("""{"vector": null}""", "\"vector\" or \"vectors\"", "neither")]
    [InlineData("""{"vectors": {}}""", "at least one vector", "none")]
    [InlineData("""{"vectors": {"a": [1], "a": [1]}}""", "each name of a vector once", "\"a\" twice")]
    [InlineData("""{"vector": [1, 2], "vector": [1, 2]}""", "each key once", "\"vector\" twice")]
    [InlineData("""{"vector": [1, 2], "id": "a", "vector_id": "a"}""", "one of \"vector_id\" and \"id\"", "both")]
    [InlineData("""{"vector": [1, 2], "color": "red"}""", "the keys vector_id, id, vector", "\"color\"")]
    [InlineData("""{"vector": [1, 2], "id": 1.5}""", "an id that is a string or an integer", "a number")]
    [InlineData("""{"vector": [1, 2], "id": "\ud800"}""", "well-formed Unicode", "invalid UTF-8, or a surrogate")]
    [InlineData("""{"vector": [1, 2], "document": 5}""", "\"document\" to be a string", "a number")]
    [InlineData("""{"vector": [1, 2], "created_at": "yesterday"}""", "\"created_at\" to be a time", "a string")]
    [InlineData("""{"vector": [1, 2], "metadata": {"a": 1, "a": 2}}""", "metadata that can be stored", "metadata: the key \"a\" appears more than once")]
    [InlineData("""{"vector": [1, 2], "metadata": {"a": 1e999}}""", "metadata that can be stored", "metadata.a: the number 1e999")]
    public void A_wrong_record_is_refused_after_the_records_before(string line, string expected, string actual)
    {
        (List<VectorRecord> good, DataFileException refusal) = ReadUntilRefused(_scratch.Write("x.ndjson", $"{{\"vector\": [1, 2]}}\n{line}\n{{\"vector\": [1, 2]}}\n"));
        Assert.Single(good);
        Assert.Equal(1, refusal.Row);
        Assert.StartsWith(expected, refusal.Expected, StringComparison.Ordinal);
        Assert.StartsWith(actual, refusal.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vector_beyond_the_greatest_dimension_is_refused()
    {
        string greatest = string.Join(',', Enumerable.Repeat("1", 65_536));
        Assert.Equal(65_536, ReadAll(_scratch.Write("a.ndjson", $"{{\"vector\": [{greatest}]}}"))[0].Vector!.Length);
        Assert.Equal("65537 components", ReadUntilRefused(_scratch.Write("b.ndjson", $"{{\"vector\": [{greatest},1]}}")).Refusal.Actual);
    }

    [Fact]
    public void Named_vectors_keep_their_dimension() =>
        Assert.Equal(
            "3 components",
            ReadUntilRefused(_scratch.Write("x.ndjson", "{\"vectors\": {\"t\": [1, 2]}}\n{\"vectors\": {\"u\": [1], \"t\": [1, 2, 3]}}")).Refusal.Actual);

    public void Dispose() => _scratch.Dispose();
}
