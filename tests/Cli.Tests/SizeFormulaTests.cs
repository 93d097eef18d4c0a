using System.Globalization;

namespace Hypervex.Cli.Tests;

/// <summary>The sizes that docs/operating.md says, held against what a collection says of itself: they are upper bounds, but for the blocks in which files and arrays grow.</summary>
public sealed class SizeFormulaTests : IDisposable
{
    private const int Count = 4_000;
    private const int ContentBytes = 200;

    // A row file takes its space in whole chunks; arrays grow by blocks.
    private const long Chunk = 16L << 20;
    private const long Block = 1L << 20;

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData(64, 16, QuantizationKind.None)]
    [InlineData(256, 8, QuantizationKind.Sq8)]
    [InlineData(96, 32, QuantizationKind.Sq4)]
    [InlineData(128, 16, QuantizationKind.Binary)]
    public void What_a_collection_takes_is_at_most_what_the_page_says(int d, int m, QuantizationKind codes)
    {
        using var database = Database.Open(_sandbox.Data, new DatabaseOptions { Durability = Durability.OperatingSystem });
        Collection collection = database.CreateCollection("sizes", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = d, Metric = Metric.L2, Index = new HnswOptions { M = m, EfConstruction = 40 }, Quantization = codes } },
        });
        var random = new Random(1);
        string document = new('x', ContentBytes - 40);
        VectorRecord[] records =
        [
            .. Enumerable.Range(0, Count).Select(i => new VectorRecord(i.ToString(CultureInfo.InvariantCulture), [.. Enumerable.Range(0, d).Select(_ => random.NextSingle())])
            {
                Metadata = new MetadataObject { ["number"] = i },
                Document = document,
            }),
        ];
        foreach (VectorRecord[] batch in records.Chunk(100))
        {
            collection.UpsertBatch(batch);
        }

        collection.WaitForIndex();
        collection.Checkpoint();
        CollectionStats stats = collection.GetStats();
        VectorFieldStats field = stats.Fields[0];
        long n = Count;
        long codeBytes = codes switch
        {
            QuantizationKind.Sq8 => n * (d + 8),
            QuantizationKind.Sq4 => n * ((d / 2) + 8),
            QuantizationKind.Binary => n * ((d / 8) + 8),
            _ => 0,
        };
        long row = ((4L * d) + 16 + 63) / 64 * 64;
        AssertAtMost("disk: log", stats.LogBytes, (n * ((4L * d) + ContentBytes + 100)) + Block);
        AssertAtMost("disk: rows", field.RowBytes, (n * row) + Chunk);
        AssertAtMost("memory: record table", stats.RecordTableBytes, (40 * n) + Block);
        AssertAtMost("memory: graph", field.IndexBytes - field.CodeBytes, (n * ((8L * m) + 40)) + Block);
        AssertAtMost("memory: codes", field.CodeBytes, codeBytes + Block);
        long checkpoint = Directory.EnumerateFiles(_sandbox.Data, "*.snap", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        AssertAtMost("disk: checkpoint", checkpoint, (2 * ((n * ((8L * m) + 4 + 60)) + codeBytes)) + Block); // the one before may still be there
        Assert.True(checkpoint > n * 4 * m, "no files of a checkpoint were found");

        // The bounds are of use: nothing is a tenth of what it may be, blocks not counted.
        Assert.True(stats.LogBytes * 10 > n * ((4L * d) + ContentBytes) && field.RowBytes >= n * 4 * d && field.CodeBytes * 2 >= codeBytes);
    }

    [Fact]
    public void The_page_has_the_formulas_that_are_held_here()
    {
        string page = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "operating.md"));
        foreach (string formula in new[]
        {
            "| disk: log | n · (4d + k + 100)", "| disk: rows | n · (4d + 16), rounded up to 64 bytes a row", "| disk: checkpoint | n · (8m + 4 + codes + 60)", "| memory: record table | 40n |", "| memory: graph | n · (8m + 40) |",
            "`none` 0, `sq8` n · (d + 8), `sq4` n · (d/2 + 8), `binary` n · (d/8 + 8)",
        })
        {
            Assert.Contains(formula, page, StringComparison.Ordinal);
        }
    }

    private static void AssertAtMost(string what, long actual, long bound) => Assert.True(actual <= bound, $"{what}: {actual} bytes, at most {bound} are said");
}
