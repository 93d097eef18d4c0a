using System.Runtime.CompilerServices;
using Hypervex.Cli.DataFiles;
using static Hypervex.Cli.Tests.DataFiles.Rows;

namespace Hypervex.Cli.Tests.DataFiles;

/// <summary>Real files: the bundled WordNet sample, and the sets of ../shared/data where they are present.</summary>
public sealed class SampleTests : IDisposable
{
    private static readonly string Sample = Path.Combine(RepositoryRoot(), "data", "wordnet-lsa-sample");
    private readonly ScratchFolder _scratch = new();

    [Fact]
    public void The_sample_is_read_with_its_sidecar()
    {
        List<VectorRecord> records = ReadAll(Path.Combine(Sample, "base.f16"), SampleOptions());
        Assert.Equal(8_000, records.Count);
        Assert.All(records, record => Assert.Equal(256, record.Vector!.Length));
        Assert.Equal("2", records[2].Id);
        Assert.Equal("a living organism characterized by voluntary movement", records[2].Document);
        Assert.Equal("""{"lexname":"noun.Tops","n_words":6,"pos":"n","word":"animal"}""", records[2].Metadata!.ToJson());
        Assert.Equal(918, records.Count(record => (Filter.Field("pos") == "v").Matches(record.Metadata!)));
    }

    [Fact]
    public void A_sidecar_of_another_length_or_width_is_refused()
    {
        string vectors = _scratch.Write("x.u8", [1, 2]);
        FormatOptions With(string text) => new() { Dimension = 1, Sidecar = _scratch.Write("x.tsv", text) };
        Assert.Equal(["a", "b"], ReadAll(vectors, With("id\tn\na\t1\nb\t\n")).Select(record => record.Id));
        Assert.Equal("the end of the file", Refusal(vectors, With("id\na\n")).Actual);
        Assert.Equal("more", Refusal(vectors, With("id\na\nb\nc\n")).Actual);
        Assert.Equal("3", Refusal(vectors, With("id\tn\na\t1\nb\t1\t2\n")).Actual);
        Assert.Equal("an empty file", Refusal(vectors, With("")).Actual);
        Assert.Equal("\"n\" twice", Refusal(vectors, With("n\tn\n1\t1\n")).Actual);
    }

    [Fact]
    public void Ground_truth_of_the_sample_is_the_bundled_one()
    {
        int[][] bundled = GroundTruth.Read(Path.Combine(Sample, "groundtruth.ivecs"));
        float[][] queries = ReadAll(Path.Combine(Sample, "query.f16"), new FormatOptions { Dimension = 256 }).Vectors();
        using IVectorReader rows = VectorFile.Open(Path.Combine(Sample, "base.f16"), new FormatOptions { Dimension = 256 });
        AssertSameNeighbours(bundled, GroundTruth.Compute(rows, queries, Metric.Cosine, 100), 0.9995);
    }

    [Fact]
    public void Ground_truth_of_siftsmall_is_the_published_one()
    {
        string? folder = SharedData("siftsmall");
        if (folder is null)
        {
            return;
        }

        var format = new FormatOptions { Dimension = 128 };
        float[][] queries = ReadAll(Path.Combine(folder, "query.u8"), format).Vectors();
        using IVectorReader rows = VectorFile.Open(Path.Combine(folder, "base.u8"), format);
        AssertSameNeighbours(GroundTruth.Read(Path.Combine(folder, "groundtruth.ivecs")), GroundTruth.Compute(rows, queries, Metric.L2, 100), 0.9995);
    }

    [Fact]
    public void Fashion_mnist_is_read_out_of_its_gzip_file()
    {
        string? folder = SharedData("fashion-mnist");
        if (folder is null)
        {
            return;
        }

        using IVectorReader reader = VectorFile.Open(Path.Combine(folder, "t10k-images-idx3-ubyte.gz"));
        Assert.Equal((10_000, 784), (reader.Count, reader.Dimension));
        VectorRow row = default;
        int rows = 0;
        float greatest = 0;
        while (reader.TryRead(ref row))
        {
            rows++;
            greatest = Math.Max(greatest, row.Vector.Max());
        }

        Assert.Equal((10_000, 255f), (rows, greatest));
    }

    public void Dispose() => _scratch.Dispose();

    private static FormatOptions SampleOptions() => new()
    {
        Dimension = 256,
        Sidecar = Path.Combine(Sample, "base.tsv.gz"),
        ColumnNames = new Dictionary<string, string> { ["gloss"] = "document", ["first_word"] = "word" },
        TextColumns = new HashSet<string> { "word" },
    };

    // The refusal names the sidecar or the vectors, whichever is wrong.
    private static DataFileException Refusal(string path, FormatOptions options) =>
        Assert.Throws<DataFileException>(() => ReadAll(path, options));

    /// <summary>The lists were made by another program in other precision: only equal distances may change places.</summary>
    private static void AssertSameNeighbours(int[][] expected, int[][] actual, double share)
    {
        Assert.Equal(expected.Length, actual.Length);
        int total = expected.Sum(list => list.Length);
        int common = expected.Zip(actual).Sum(pair => pair.First.Intersect(pair.Second).Count());
        Assert.InRange((double)common / total, share, 1);
        Assert.All(actual, list => Assert.Equal(list.Length, list.Distinct().Count()));
    }

    private static string? SharedData(string name)
    {
        string folder = Path.Combine(RepositoryRoot(), "..", "shared", "data", name);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        Console.WriteLine($"Not run: {folder} is missing.");
        return null;
    }

    private static string RepositoryRoot([CallerFilePath] string path = "")
    {
        string? folder = Path.GetDirectoryName(path);
        while (folder is not null && !File.Exists(Path.Combine(folder, "Hypervex.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests run outside of their repository.");
    }
}
