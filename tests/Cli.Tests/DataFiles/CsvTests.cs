using Hypervex.Cli.DataFiles;
using static Hypervex.Cli.Tests.DataFiles.Rows;

namespace Hypervex.Cli.Tests.DataFiles;

public sealed class CsvTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    [Fact]
    public void Components_are_read_from_their_columns_in_any_place()
    {
        List<VectorRecord> records = ReadAll(_scratch.Write("x.csv", "v1,id,v0,kind\n2.5,a,1,tree\n-4e1,b,3,\n"));
        Assert.Equal([[1, 2.5f], [3, -40]], records.Vectors());
        Assert.Equal(["a", "b"], records.Select(record => record.Id));
        Assert.Equal("""{"kind":"tree"}""", records[0].Metadata!.ToJson());
        Assert.Null(records[1].Metadata);
    }

    [Fact]
    public void A_vector_is_read_from_a_JSON_array_and_the_other_columns_have_their_meaning()
    {
        List<VectorRecord> records = ReadAll(_scratch.Write("x.csv.gz", "vector_id,vector,document,metadata,created_at,year\r\n"
            + "a,\"[1, 2.5]\",\"say \"\"oak\"\",\r\ntwice\",\"{\"\"x\"\": [1]}\",2026-01-27T12:00:00Z,2020\r\n"));
        VectorRecord record = Assert.Single(records);
        Assert.Equal([1, 2.5f], record.Vector!);
        Assert.Equal("say \"oak\",\r\ntwice", record.Document);
        Assert.Equal("""{"x":[1],"year":2020}""", record.Metadata!.ToJson());
        Assert.Equal(new DateTimeOffset(2026, 1, 27, 12, 0, 0, TimeSpan.Zero), record.CreatedAt);
    }

    [Fact]
    public void A_record_keeps_the_time_at_which_it_expires()
    {
        List<VectorRecord> records = ReadAll(_scratch.Write("x.csv", "id,v0,expires_at\na,1,2999-01-01T02:00:00.5+02:00\nb,2,\nc,3,never\n"));
        Assert.Equal([new DateTimeOffset(2999, 1, 1, 0, 0, 0, 500, TimeSpan.Zero), null, null], records.Select(record => record.ExpiresAt));
        string path = _scratch.PathOf("y.csv");
        using (IVectorWriter writer = VectorFile.Create(path))
        {
            writer.Write(new VectorRow { Id = "a", Vector = [1], ExpiresAt = records[0].ExpiresAt });
            writer.Write(new VectorRow { Id = "b", Vector = [2] });
            writer.Complete();
        }

        Assert.Equal([records[0].ExpiresAt, null], ReadAll(path).Select(record => record.ExpiresAt));
        Assert.StartsWith("\"expires_at\" to be a time", ReadUntilRefused(_scratch.Write("z.csv", "v0,expires_at\n1,soon\n")).Refusal.Expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5", "5")]
    [InlineData("-0", "0")]
    [InlineData("5.0", "5.0")]
    [InlineData("1e3", "1000.0")]
    [InlineData("1E-3", "0.001")]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("007", "\"007\"")]
    [InlineData("+5", "\"+5\"")]
    [InlineData("5.", "\"5.\"")]
    [InlineData(".5", "\".5\"")]
    [InlineData("1e", "\"1e\"")]
    [InlineData("1e+", "\"1e+\"")]
    [InlineData("-", "\"-\"")]
    [InlineData("1 ", "\"1 \"")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("9223372036854775808", "\"9223372036854775808\"")]
    [InlineData("1e999", "\"1e999\"")]
    [InlineData("NaN", "\"NaN\"")]
    [InlineData("Infinity", "\"Infinity\"")]
    [InlineData("True", "\"True\"")]
    [InlineData("null", "\"null\"")]
    public void A_cell_is_a_number_only_when_JSON_would_write_it_so(string cell, string json) =>
        Assert.Equal($$"""{"m":{{json}}}""", ReadAll(_scratch.Write("x.csv", $"v0,m\n1,{cell}\n"))[0].Metadata!.ToJson());

    [Fact]
    public void Columns_can_be_renamed_and_kept_as_text()
    {
        var options = new FormatOptions
        {
            ColumnNames = new Dictionary<string, string> { ["key"] = "id", ["text"] = "document", ["n"] = "number" },
            TextColumns = new HashSet<string> { "number" },
        };
        VectorRecord record = ReadAll(_scratch.Write("x.csv", "key,text,n,v0\nk,hello,5,1\n"), options)[0];
        Assert.Equal(("k", "hello", "{\"number\":\"5\"}"), (record.Id, record.Document, record.Metadata!.ToJson()));
    }

    [Theory]
    [InlineData("", "a header row")]
    [InlineData("a,b\n", "a header with the column \"vector\"")]
    [InlineData("vector,v0\n", "a header with the column \"vector\"")]
    [InlineData("v0,v2\n", "the columns \"v0\" to \"v1\" without a gap")]
    [InlineData("v0,a,a\n", "a header that names each column once")]
    [InlineData("v0,id,vector_id\n", "a header with one of \"vector_id\" and \"id\"")]
    public void A_header_that_does_not_fit_is_refused(string text, string expected)
    {
        DataFileException refusal = ReadUntilRefused(_scratch.Write("x.csv", text)).Refusal;
        Assert.Null(refusal.Row);
        Assert.StartsWith(expected, refusal.Expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "2 cells as the header has", "1 (line 3)")]
    [InlineData("1,2,3", "2 cells as the header has", "3 (line 3)")]
    [InlineData("x,2", "a number in column \"v0\"", "\"x\"")]
    [InlineData(",2", "a number in column \"v0\"", "\"\"")]
    [InlineData("1e39,2", "finite components", "component 0 is Infinity")]
    [InlineData("NaN,2", "finite components", "component 0 is NaN")]
    [InlineData("1,\"2", "a closing quote", "the end of the file")]
    [InlineData("1,\"2\"3", "a comma or the end of the row", "'3'")]
    [InlineData("1,2\"3\"", "quotes around a whole cell", "a quote within")]
    public void A_wrong_row_is_refused_after_the_rows_before(string row, string expected, string actual)
    {
        (List<VectorRecord> good, DataFileException refusal) = ReadUntilRefused(_scratch.Write("x.csv", $"v0,m\n1,2\n{row}\n"));
        Assert.Single(good);
        Assert.Equal(1, refusal.Row);
        Assert.StartsWith(expected, refusal.Expected, StringComparison.Ordinal);
        Assert.StartsWith(actual, refusal.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_UTF8_and_wrong_arrays_are_refused()
    {
        Assert.Equal("UTF-8 text", ReadUntilRefused(_scratch.Write("a.csv", "v0,m\n1,"u8.ToArray(), [0xFF])).Refusal.Expected);
        Assert.Contains("JSON array", ReadUntilRefused(_scratch.Write("b.csv", "vector\n\"[1, 2\"\n")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("array of numbers", ReadUntilRefused(_scratch.Write("c.csv", "vector\n{}\n")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("metadata", ReadUntilRefused(_scratch.Write("d.csv", "v0,metadata\n1,[]\n")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Equal("2 components", ReadUntilRefused(_scratch.Write("e.csv", "vector\n[1]\n\"[1,2]\"\n")).Refusal.Actual);
    }

    [Fact]
    public void Rows_longer_than_any_buffer_are_read_over_a_slow_stream()
    {
        string text = string.Concat(Enumerable.Repeat("a\n\"\"b,", 30_000));
        List<VectorRecord> records = ReadAll(_scratch.Write("x.csv.gz", "v0,document\n" + string.Concat(Enumerable.Range(0, 5).Select(i => $"{i},\"{text}\"\r\n"))));
        Assert.Equal(5, records.Count);
        Assert.All(records, record => Assert.Equal(text.Replace("\"\"", "\"", StringComparison.Ordinal), record.Document));
    }

    public void Dispose() => _scratch.Dispose();
}
