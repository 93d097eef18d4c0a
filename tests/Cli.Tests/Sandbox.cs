namespace Hypervex.Cli.Tests;

/// <summary>A folder of one test, with a database in it when the test wants one; removed afterwards.</summary>
internal sealed class Sandbox : IDisposable
{
    /// <summary>Creates the folder.</summary>
    public Sandbox() => Folder = Directory.CreateTempSubdirectory("hypervex-cli-tests-").FullName;

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>A data directory inside it.</summary>
    public string Data => File("data");

    /// <summary>A path inside the folder.</summary>
    public string File(string name) => Path.Combine(Folder, name);

    /// <summary>Writes a text file into the folder.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        System.IO.File.WriteAllText(File(name), text);
        return File(name);
    }

    /// <summary>
    /// Fills the collection <c>default</c> of <see cref="Data"/> with points 0 to count - 1 on a line: record i is
    /// (i, 0), its metadata say whether i is even, its document is "point i".
    /// </summary>
    public void FillLine(int count)
    {
        using var database = Database.Open(Data);
        Collection collection = database.CreateCollection("default", CollectionOptions.Create(2, Metric.L2));
        VectorRecord[] records =
        [
            .. Enumerable.Range(0, count).Select(i => new VectorRecord(i.ToString(System.Globalization.CultureInfo.InvariantCulture), [i, 0])
            {
                Metadata = new MetadataObject { ["even"] = i % 2 == 0, ["number"] = i },
                Document = $"point {i}",
            }),
        ];
        collection.UpsertBatch(records);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
