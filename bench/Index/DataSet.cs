using System.IO.Compression;
using System.Runtime.InteropServices;
using Hypervex.Distances;

namespace Hypervex.Bench;

/// <summary>Vectors, queries and the exact nearest rows of each query.</summary>
internal sealed record DataSet(string Name, Metric Metric, int Dimension, float[] Base, float[] Queries, int[][] Truth)
{
    public int Count => Base.Length / Dimension;

    public int QueryCount => Truth.Length;

    public ReadOnlySpan<float> Row(int i) => Base.AsSpan(i * Dimension, Dimension);

    public ReadOnlySpan<float> Query(int i) => Queries.AsSpan(i * Dimension, Dimension);

    /// <summary>Loads one of the sets beside the repository.</summary>
    /// <param name="name">fashion-mnist, siftsmall, sift20k or wordnet.</param>
    public static DataSet Load(string name)
    {
        string data = FindData();
        return name switch
        {
            "fashion-mnist" => Create(
                name, Metric.L2, 784, Images($"{data}/fashion-mnist/train-images-idx3-ubyte.gz"), Images($"{data}/fashion-mnist/t10k-images-idx3-ubyte.gz"),
                $"{data}/fashion-mnist/groundtruth.first1000.ivecs"),
            "siftsmall" => Create(
                name, Metric.L2, 128, Bytes($"{data}/siftsmall/base.u8"), Bytes($"{data}/siftsmall/query.u8"), $"{data}/siftsmall/groundtruth.ivecs"),
            "sift20k" => Create(
                name,
                Metric.L2,
                128,
                [.. Bytes($"{data}/siftsmall/base.u8"), .. Bytes($"{data}/sift20k/base_10000_19999.u8")],
                Bytes($"{data}/siftsmall/query.u8"),
                $"{data}/sift20k/groundtruth.ivecs"),
            "wordnet" => Create(
                name, Metric.Cosine, 256, Halves($"{data}/wordnet-lsa-sample/base.f16"), Halves($"{data}/wordnet-lsa-sample/query.f16"),
                $"{data}/wordnet-lsa-sample/groundtruth.ivecs"),
            _ => throw new ArgumentException($"There is no data set \"{name}\": fashion-mnist, siftsmall, sift20k, wordnet."),
        };
    }

    /// <summary>Writes base.f32, queries.f32 (of length 1 for cosine) and truth10.i32.</summary>
    public void Export(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllBytes($"{directory}/base.f32", MemoryMarshal.AsBytes<float>(Prepared(Base)).ToArray());
        File.WriteAllBytes($"{directory}/queries.f32", MemoryMarshal.AsBytes<float>(Prepared(Queries)).ToArray());
        File.WriteAllBytes($"{directory}/truth10.i32", MemoryMarshal.AsBytes<int>(Truth.SelectMany(row => row.Take(10)).ToArray()).ToArray());
    }

    private float[] Prepared(float[] vectors)
    {
        float[] prepared = new float[vectors.Length];
        for (int i = 0; i < vectors.Length; i += Dimension)
        {
            VectorDomain.Prepare(new Measure(Metric), vectors.AsSpan(i, Dimension), prepared.AsSpan(i, Dimension));
        }

        return prepared;
    }

    private static DataSet Create(string name, Metric metric, int dimension, float[] rows, float[] queries, string truth) =>
        new(name, metric, dimension, rows, queries, Truths(truth));

    private static string FindData()
    {
        for (string? directory = Environment.CurrentDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            string data = Path.Combine(directory, "shared", "data");
            if (Directory.Exists(data))
            {
                return data;
            }
        }

        throw new DirectoryNotFoundException("There is no ../shared/data beside the repository.");
    }

    private static float[] Bytes(string path) => Array.ConvertAll(File.ReadAllBytes(path), x => (float)x);

    private static float[] Halves(string path) => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(File.ReadAllBytes(path)).ToArray(), x => (float)x);

    private static float[] Images(string path)
    {
        const int HeaderBytes = 16;
        using var unzipped = new MemoryStream();
        using (var zipped = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
        {
            zipped.CopyTo(unzipped);
        }

        return Array.ConvertAll(unzipped.ToArray()[HeaderBytes..], x => (float)x);
    }

    private static int[][] Truths(string path)
    {
        ReadOnlySpan<int> values = MemoryMarshal.Cast<byte, int>(File.ReadAllBytes(path));
        var truths = new List<int[]>();
        while (!values.IsEmpty)
        {
            truths.Add(values.Slice(1, values[0]).ToArray());
            values = values[(1 + values[0])..];
        }

        return [.. truths];
    }
}
