using System.Text;
using Hypervex.Cli.DataFiles;
using static Hypervex.Cli.Tests.DataFiles.Rows;

namespace Hypervex.Cli.Tests.DataFiles;

/// <summary>The bytes of every file are put together here by hand, from the descriptions of the formats.</summary>
public sealed class BinaryFormatTests : IDisposable
{
    private static readonly float[][] Expected = [[1, 2.5f, -3], [0, 255, 7]];
    private readonly ScratchFolder _scratch = new();

    [Theory]
    [InlineData("x.fvecs")]
    [InlineData("x.fvecs.gz")]
    public void Fvecs_rows_are_read(string name) =>
        Assert.Equal(Expected, ReadAll(_scratch.Write(name, Ints(3), Floats(1, 2.5f, -3), Ints(3), Floats(0, 255, 7))).Vectors());

    [Fact]
    public void Bvecs_and_ivecs_rows_are_read()
    {
        Assert.Equal([[1, 255], [0, 7]], ReadAll(_scratch.Write("x.bvecs", Ints(2), [1, 255], Ints(2), [0, 7])).Vectors());
        Assert.Equal([[1, -255], [16_777_216, 7]], ReadAll(_scratch.Write("x.ivecs", Ints(2, 1, -255, 2, 16_777_216, 7))).Vectors());
    }

    [Theory]
    [InlineData("x.f32")]
    [InlineData("x.f32.gz")]
    public void Raw_rows_are_read_with_the_dimension_of_the_option(string name) =>
        Assert.Equal(Expected, ReadAll(_scratch.Write(name, Floats(1, 2.5f, -3, 0, 255, 7)), new FormatOptions { Dimension = 3 }).Vectors());

    [Fact]
    public void Raw_bytes_and_halves_are_read()
    {
        var two = new FormatOptions { Dimension = 2 };
        Assert.Equal([[1, 255], [0, 7]], ReadAll(_scratch.Write("x.u8", [1, 255, 0, 7]), two).Vectors());
        // 1.0 = 0x3C00, -2.0 = 0xC000, the largest = 0x7BFF, the smallest = 0x0001 (IEEE 754 binary16).
        Assert.Equal([[1, -2], [65504, 5.9604645e-8f]], ReadAll(_scratch.Write("x.f16", [0x00, 0x3C, 0x00, 0xC0, 0xFF, 0x7B, 0x01, 0x00]), two).Vectors());
    }

    [Theory]
    [InlineData(1, "<f4")]
    [InlineData(2, "<f4")]
    [InlineData(3, "<f4")]
    [InlineData(1, "<f8")]
    public void Npy_of_every_version_is_read(int version, string type)
    {
        double[] values = [1, 2.5, -3, 0, 255, 7];
        byte[] body = [.. values.SelectMany(value => type == "<f8" ? BitConverter.GetBytes(value) : BitConverter.GetBytes((float)value))];
        string path = _scratch.Write("x.npy", Npy(version, $"{{'descr': '{type}', 'fortran_order': False, 'shape': (2, 3), }}"), body);
        Assert.Equal(Expected, ReadAll(path).Vectors());
        using IVectorReader reader = VectorFile.Open(path);
        Assert.Equal(2, reader.Count);
        Assert.Equal(3, reader.Dimension);
    }

    [Fact]
    public void Npy_of_small_types_is_read()
    {
        string Header(string type) => $"{{'descr': '{type}', 'fortran_order': False, 'shape': (2, 1)}}";
        Assert.Equal([[200], [7]], ReadAll(_scratch.Write("a.npy", Npy(1, Header("|u1")), [200, 7])).Vectors());
        Assert.Equal([[-56], [7]], ReadAll(_scratch.Write("b.npy", Npy(1, Header("|i1")), [200, 7])).Vectors());
        Assert.Equal([[1], [-2]], ReadAll(_scratch.Write("c.npy.gz", Npy(1, Header("<f2")), [0x00, 0x3C, 0x00, 0xC0])).Vectors());
    }

    [Fact]
    public void Idx_images_are_rows_of_all_their_pixels()
    {
        byte[] header = [0, 0, 0x08, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2];
        Assert.Equal([[1, 2, 3, 4], [5, 6, 7, 255]], ReadAll(_scratch.Write("t-images-idx3-ubyte.gz", header, [1, 2, 3, 4, 5, 6, 7, 255])).Vectors());
        Assert.Equal([[1.5f], [-2]], ReadAll(_scratch.Write("x.idx", [0, 0, 0x0D, 2, 0, 0, 0, 2, 0, 0, 0, 1], [0x3F, 0xC0, 0, 0, 0xC0, 0, 0, 0])).Vectors());
    }

    [Fact]
    public void Files_without_ids_number_their_rows() =>
        Assert.Equal(["0", "1"], ReadAll(_scratch.Write("x.u8", [1, 2]), new FormatOptions { Dimension = 1 }).Select(record => record.Id));

    [Fact]
    public void A_row_that_is_cut_off_is_refused_after_the_rows_before()
    {
        AssertCutOff(_scratch.Write("a.f32", Floats(1, 2, 3, 4), [9]), new FormatOptions { Dimension = 2 }, 2, "8 bytes", "after 1 bytes");
        AssertCutOff(_scratch.Write("b.fvecs", Ints(1), Floats(1), Ints(1), Floats(2), Ints(1), [9, 9]), null, 2, "4 bytes", "after 2 bytes");
        AssertCutOff(_scratch.Write("c.fvecs", Ints(1), Floats(1), Ints(1), Floats(2), [1, 0]), null, 2, "4 bytes", "after 2 bytes");
        AssertCutOff(_scratch.Write("d.npy", Npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1)}"), Floats(1, 2)), null, 2, "4 bytes", "after 0 bytes");
        AssertCutOff(_scratch.Write("e.idx", [0, 0, 0x08, 2, 0, 0, 0, 3, 0, 0, 0, 2], [1, 2, 3, 4, 5]), null, 2, "2 bytes", "after 1 bytes");
    }

    [Fact]
    public void A_dimension_that_changes_half_way_is_refused()
    {
        (List<VectorRecord> good, DataFileException refusal) = ReadUntilRefused(_scratch.Write("x.fvecs", Ints(2), Floats(1, 2), Ints(3), Floats(1, 2, 3)));
        Assert.Single(good);
        Assert.Equal(1, refusal.Row);
        Assert.EndsWith("x.fvecs, row 1: expected 2 components as row 0 has; found 3 components.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dimension_that_is_not_the_option_is_refused()
    {
        var four = new FormatOptions { Dimension = 4 };
        Assert.Contains("4 components as --dimension has", ReadUntilRefused(_scratch.Write("x.fvecs", Ints(2), Floats(1, 2)), four).Refusal.Message, StringComparison.Ordinal);
        string npy = _scratch.Write("x.npy", Npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3)}"));
        Assert.Contains("dimension 4 as --dimension says; found dimension 3", ReadUntilRefused(npy, four).Refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, "component 1 is NaN")]
    [InlineData(float.PositiveInfinity, "component 1 is Infinity")]
    [InlineData(float.NegativeInfinity, "component 1 is -Infinity")]
    public void Components_that_are_not_finite_are_refused(float value, string found)
    {
        (List<VectorRecord> good, DataFileException refusal) = ReadUntilRefused(_scratch.Write("x.f32", Floats(1, 2, 3, value)), new FormatOptions { Dimension = 2 });
        Assert.Single(good);
        Assert.Equal((1, found), (refusal.Row, refusal.Actual));
    }

    [Fact]
    public void A_float64_beyond_float32_is_refused()
    {
        string path = _scratch.Write("x.npy", Npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1)}"), BitConverter.GetBytes(1e39));
        Assert.Equal("component 0 is Infinity", ReadUntilRefused(path).Refusal.Actual);
    }

    [Fact]
    public void An_integer_beyond_float32_is_refused() =>
        Assert.Equal("component 1 is 16777218", ReadUntilRefused(_scratch.Write("x.ivecs", Ints(2, 1, 16_777_218))).Refusal.Actual);

    [Theory]
    [InlineData("{'descr': '>f4', 'fortran_order': False, 'shape': (1, 1)}", "descr '>f4'")]
    [InlineData("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1)}", "descr '<i8'")]
    [InlineData("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}", "Fortran order")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", "shape (4,)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 1, 1)}", "shape (4, 1, 1)")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 99999999999999999999)}", "shape (4, 9999")]
    [InlineData("{'descr': '<f4', 'fortran_order': False}", "no shape")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 70000)}", "70000")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 0)}", "0")]
    public void An_npy_header_that_does_not_fit_is_refused(string dictionary, string found) =>
        Assert.StartsWith(found, ReadUntilRefused(_scratch.Write("x.npy", Npy(1, dictionary), new byte[64])).Refusal.Actual, StringComparison.Ordinal);

    [Fact]
    public void Files_that_are_not_what_their_name_says_are_refused()
    {
        Assert.Contains("NUMPY", ReadUntilRefused(_scratch.Write("a.npy", "vector_id,vector")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("NUMPY", ReadUntilRefused(_scratch.Write("b.npy", "")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("version 9", ReadUntilRefused(_scratch.Write("c.npy", [0x93], "NUMPY"u8.ToArray(), [9, 0, 0, 0, 0, 0])).Refusal.Actual, StringComparison.Ordinal);
        Assert.Contains("length of 4294967295", ReadUntilRefused(_scratch.Write("d.npy", [0x93], "NUMPY"u8.ToArray(), [2, 0, 255, 255, 255, 255])).Refusal.Actual, StringComparison.Ordinal);
        Assert.Contains("within it", ReadUntilRefused(_scratch.Write("e.npy", [0x93], "NUMPY"u8.ToArray(), [1, 0, 50, 0, 32])).Refusal.Actual, StringComparison.Ordinal);
        Assert.Contains("zero bytes", ReadUntilRefused(_scratch.Write("f.idx", "text")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("labels", ReadUntilRefused(_scratch.Write("g-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 0])).Refusal.Actual, StringComparison.Ordinal);
        Assert.Contains("1 to 65536 components", ReadUntilRefused(_scratch.Write("h.fvecs", "{\"vector\": [1]}")).Refusal.Expected, StringComparison.Ordinal);
        File.WriteAllText(_scratch.PathOf("i.fvecs.gz"), "no gzip");
        Assert.Contains("gzip", ReadUntilRefused(_scratch.PathOf("i.fvecs.gz")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("--format", ReadUntilRefused(_scratch.Write("j.txt", "")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("--dimension", ReadUntilRefused(_scratch.Write("k.f32", "")).Refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("nothing of that name", ReadUntilRefused(_scratch.PathOf("absent.npy")).Refusal.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gzip_file_that_is_cut_off_is_refused()
    {
        var chance = new Random(5);
        byte[] noise = new byte[100_000];
        chance.NextBytes(noise);
        string path = _scratch.Write("x.u8.gz", noise);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..50_000]);
        (List<VectorRecord> good, _) = ReadUntilRefused(path, new FormatOptions { Dimension = 100 });
        Assert.InRange(good.Count, 1, 999);
    }

    [Fact]
    public void Bytes_behind_the_announced_rows_are_refused()
    {
        (List<VectorRecord> good, DataFileException refusal) = ReadUntilRefused(
            _scratch.Write("x.npy", Npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1)}"), [1, 2, 3]));
        Assert.Equal(2, good.Count);
        Assert.Contains("after the 2 rows", refusal.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_files_have_no_rows()
    {
        Assert.Empty(ReadAll(_scratch.Write("a.fvecs", "")));
        Assert.Empty(ReadAll(_scratch.Write("b.f32", ""), new FormatOptions { Dimension = 3 }));
        Assert.Empty(ReadAll(_scratch.Write("c.npy", Npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3)}"))));
    }

    [Fact]
    public void Rows_are_read_into_the_same_array()
    {
        using IVectorReader reader = VectorFile.Open(_scratch.Write("x.u8", [1, 2, 3, 4]), new FormatOptions { Dimension = 2 });
        VectorRow row = default;
        Assert.True(reader.TryRead(ref row));
        float[] first = row.Vector;
        Assert.True(reader.TryRead(ref row));
        Assert.Same(first, row.Vector);
        Assert.Equal([3, 4], row.Vector);
        Assert.False(reader.TryRead(ref row));
        Assert.Equal([3, 4], row.Vector);
    }

    [Fact]
    public void Random_bytes_never_do_more_than_be_refused()
    {
        const int Seed = 3;
        var chance = new Random(Seed);
        byte[][] starts = [[], Npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"), [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3], Ints(3)];
        string[] names = ["x.npy", "x.idx", "x.fvecs", "x.bvecs", "x.ivecs", "x.ndjson", "x.csv", "x.f16"];
        for (int i = 0; i < 2_000; i++)
        {
            byte[] body = new byte[chance.Next(100)];
            chance.NextBytes(body);
            byte[] bytes = [.. starts[chance.Next(starts.Length)], .. body];
            if (bytes.Length > 0 && chance.Next(2) == 0)
            {
                bytes[chance.Next(bytes.Length)] ^= (byte)(1 << chance.Next(8));
            }

            string path = _scratch.Write(names[i % names.Length], bytes);
            try
            {
                ReadAll(path, new FormatOptions { Dimension = path.EndsWith("f16", StringComparison.Ordinal) ? 3 : null });
            }
            catch (DataFileException refusal)
            {
                Assert.StartsWith(path, refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    public void Dispose() => _scratch.Dispose();

    private static void AssertCutOff(string path, FormatOptions? options, int goodRows, string expected, string actual)
    {
        (List<VectorRecord> good, DataFileException refusal) = ReadUntilRefused(path, options);
        Assert.Equal(goodRows, good.Count);
        Assert.Equal(goodRows, refusal.Row);
        Assert.Equal(expected, refusal.Expected);
        Assert.Contains(actual, refusal.Actual, StringComparison.Ordinal);
    }

    private static byte[] Npy(int version, string dictionary)
    {
        byte[] text = Encoding.ASCII.GetBytes(dictionary + "    \n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text];
    }
}
