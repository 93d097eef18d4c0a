using Hypervex.Cli.DataFiles;
using static Hypervex.Cli.Tests.DataFiles.Rows;

namespace Hypervex.Cli.Tests.DataFiles;

public sealed class WriterTests : IDisposable
{
    private const int Seed = 17;
    private readonly ScratchFolder _scratch = new();

    [Theory]
    [InlineData("x.ndjson", true)]
    [InlineData("x.ndjson.gz", true)]
    [InlineData("x.csv", true)]
    [InlineData("x.csv.gz", true)]
    [InlineData("x.npy", false)]
    [InlineData("x.fvecs", false)]
    [InlineData("x.fvecs.gz", false)]
    [InlineData("x.f32", false)]
    public void What_is_written_comes_back_bit_for_bit(string name, bool keepsRecords)
    {
        List<VectorRow> rows = RandomRows(50, 7);
        Write(name, rows);
        List<VectorRecord> records = ReadAll(_scratch.PathOf(name), new FormatOptions { Dimension = 7 });
        Assert.Equal(rows.Count, records.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.True(rows[i].Vector.AsSpan().SequenceEqual(records[i].Vector), $"seed {Seed}, row {i}");
            if (keepsRecords)
            {
                VectorRecord expected = rows[i].ToRecord();
                Assert.Equal((expected.Id, expected.Document, expected.CreatedAt), (records[i].Id, records[i].Document, records[i].CreatedAt));
                Assert.Equal(expected.Metadata, records[i].Metadata);
            }
        }
    }

    [Fact]
    public void Named_vectors_come_back_from_ndjson_and_are_refused_elsewhere()
    {
        var row = new VectorRow { Vector = [1], Vectors = new Dictionary<string, float[]> { ["t"] = [1.5f, 2] } };
        Write("x.ndjson", [row]);
        Assert.Equal([1.5f, 2], ReadAll(_scratch.PathOf("x.ndjson"))[0].Vectors!["t"]);
        foreach (string name in new[] { "x.npy", "x.csv", "x.fvecs", "x.f32" })
        {
            Assert.Contains(".ndjson", Assert.Throws<DataFileException>(() => Write(name, [row])).Actual, StringComparison.Ordinal);
        }

        Assert.Equal(["x.ndjson"], _scratch.FileNames());
    }

    [Fact]
    public void The_header_of_an_npy_file_says_what_NumPy_expects()
    {
        Write("x.npy", RandomRows(3, 5));
        byte[] bytes = File.ReadAllBytes(_scratch.PathOf("x.npy"));
        Assert.Equal(128 + (3 * 5 * 4), bytes.Length);
        Assert.Equal([0x93, .. "NUMPY"u8, 1, 0, 118, 0], bytes[..10]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }", System.Text.Encoding.ASCII.GetString(bytes[10..127]).TrimEnd());
        Assert.Equal((byte)'\n', bytes[127]);
    }

    [Fact]
    public void A_file_is_whole_or_absent()
    {
        using (IVectorWriter writer = VectorFile.Create(_scratch.PathOf("x.f32")))
        {
            writer.Write(new VectorRow { Vector = [1] });
            Assert.Equal(["x.f32.partial"], _scratch.FileNames());
        }

        Assert.Empty(_scratch.FileNames());
        Write("x.f32", [new VectorRow { Vector = [1] }]);
        Write("x.f32", [new VectorRow { Vector = [2] }]);
        Assert.Equal(["x.f32"], _scratch.FileNames());
        Assert.Equal(BitConverter.GetBytes(2f), File.ReadAllBytes(_scratch.PathOf("x.f32")));
    }

    [Fact]
    public void Rows_that_do_not_fit_are_refused()
    {
        foreach (string name in new[] { "x.npy", "x.csv", "x.fvecs", "x.f32", "x.ndjson" })
        {
            using IVectorWriter writer = VectorFile.Create(_scratch.PathOf(name));
            writer.Write(new VectorRow { Vector = [1, 2] });
            Assert.Equal(1, Assert.Throws<DataFileException>(() => writer.Write(new VectorRow { Vector = [1] })).Row);
            Assert.Equal("component 0 is NaN", Assert.Throws<DataFileException>(() => writer.Write(new VectorRow { Vector = [float.NaN, 1] })).Actual);
            Assert.Equal(1, writer.Count);
        }
    }

    [Fact]
    public void Formats_that_are_only_read_and_folders_that_are_not_there_are_refused()
    {
        Assert.Contains("only read", Assert.Throws<DataFileException>(() => VectorFile.Create(_scratch.PathOf("x.bvecs"))).Actual, StringComparison.Ordinal);
        Assert.Contains(".gz", Assert.Throws<DataFileException>(() => VectorFile.Create(_scratch.PathOf("x.npy.gz"))).Expected, StringComparison.Ordinal);
        Assert.Contains("directory that exists", Assert.Throws<DataFileException>(() => VectorFile.Create(_scratch.PathOf("no/x.f32"))).Expected, StringComparison.Ordinal);
    }

    public void Dispose() => _scratch.Dispose();

    private void Write(string name, List<VectorRow> rows)
    {
        using IVectorWriter writer = VectorFile.Create(_scratch.PathOf(name));
        foreach (VectorRow row in rows)
        {
            writer.Write(row);
        }

        writer.Complete();
    }

    private static List<VectorRow> RandomRows(int count, int dimension)
    {
        var chance = new Random(Seed);
        string[] texts = ["plain", "with, comma", "with \"quotes\"", "two\nlines", "\r\nfour", "😀 é", "tab\t", "\u0001"];
        var rows = new List<VectorRow>();
        for (int i = 0; i < count; i++)
        {
            float[] vector = new float[dimension];
            for (int j = 0; j < dimension; j++)
            {
                // Any bits of a finite float32: also denormals and the largest.
                do
                {
                    vector[j] = BitConverter.Int32BitsToSingle(chance.Next() ^ (chance.Next(2) << 31));
                }
                while (!float.IsFinite(vector[j]));
            }

            rows.Add(new VectorRow
            {
                Number = i,
                Id = chance.Next(3) == 0 ? null : texts[chance.Next(texts.Length)] + i,
                Vector = vector,
                Document = chance.Next(3) == 0 ? null : texts[chance.Next(texts.Length)],
                Metadata = chance.Next(3) == 0 ? null : new MetadataObject { ["t"] = texts[chance.Next(texts.Length)], ["n"] = i, ["x"] = new MetadataValue[] { 1.0, true, MetadataValue.Null } },
                CreatedAt = chance.Next(3) == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + chance.Next()),
            });
        }

        return rows;
    }
}
