using System.Buffers.Binary;
using Hypervex.FaultDriver;
using Hypervex.Storage;

namespace Hypervex.Faults.Tests;

/// <summary>R9: data directories that released formats wrote, which are never made again, open in this version; newer ones are refused.</summary>
public sealed class GoldenTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string, string> Directories => new()
    {
        { "v1", "closed" },
        { "v1", "killed" },
        { "v2", "closed" },
        { "v2", "killed" },
    };

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Directories))]
    public void A_directory_of_an_older_format_opens_with_all_it_held(string version, string end)
    {
        string path = Copy(version, end);
        for (int opening = 1; opening <= 2; opening++)
        {
            using Database database = Database.Open(path);
            Assert.Equal(GoldenDatabase.Expected.Keys.Order(StringComparer.Ordinal), database.ListCollections());
            foreach ((string name, IReadOnlyList<VectorRecord> records) in GoldenDatabase.Expected)
            {
                Compare(database.GetCollection(name), records, mayHold: end == "killed" && name == "docs" ? GoldenDatabase.UnderWay.Id : null);
            }

            CheckSearch(database.GetCollection("decided"));
            Assert.All(GoldenDatabase.Deleted, id => Assert.Null(database.GetCollection("docs").Get(id)));
            database.GetCollection("empty").Upsert($"written by opening {opening}", [1, 2, 3, 4, 5, 6, 7]);
            Assert.True(database.GetCollection("empty").Delete($"written by opening {opening}"));
        }
    }

    [Fact]
    public void A_log_of_a_newer_format_is_refused()
    {
        string path = Copy("v1", "closed");
        foreach (string log in Directory.EnumerateFiles(path, "*.log", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(log);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), 2);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(124), Checksum.Of(bytes.AsSpan(0, 124)));
            File.WriteAllBytes(log, bytes);
        }

        using Database database = Database.Open(path);
        Assert.All(database.ListCollections(), name => Assert.Equal(ErrorCode.UnsupportedFormat, Assert.Throws<HypervexException>(() => database.GetCollection(name)).Code));
    }

    [Theory]
    [InlineData("database.json")]
    [InlineData("collection.json")]
    public void A_description_of_a_newer_format_is_refused(string name)
    {
        string path = Copy("v1", "closed");
        foreach (string file in Directory.EnumerateFiles(path, name, SearchOption.AllDirectories))
        {
            File.WriteAllText(file, File.ReadAllText(file).Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal));
        }

        HypervexException refusal = Assert.Throws<HypervexException>(() =>
        {
            using Database database = Database.Open(path);
            database.GetCollection("docs");
        });
        Assert.Equal(ErrorCode.UnsupportedFormat, refusal.Code);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    private static void Compare(Collection collection, IReadOnlyList<VectorRecord> expected, string? mayHold)
    {
        List<VectorRecord> found = [.. collection.List(new ListOptions { Limit = 1000 }).Records.Where(record => record.Id != mayHold)];
        Assert.Equal(expected.Select(record => record.Id), found.Select(record => record.Id));
        foreach ((VectorRecord wanted, VectorRecord listed) in expected.Zip(found))
        {
            foreach (VectorRecord record in new[] { listed, collection.Get(wanted.Id)! })
            {
                Assert.Equal(Bits(wanted.Vector), Bits(record.Vector));
                Assert.Equal(wanted.Vectors?.Keys, record.Vectors?.Keys);
                Assert.All(wanted.Vectors ?? new Dictionary<string, float[]>(), entry => Assert.Equal(Bits(entry.Value), Bits(record.Vectors![entry.Key])));
                Assert.Equal(wanted.Metadata, record.Metadata);
                Assert.Equal(wanted.Document, record.Document);
                Assert.True(record.CreatedAt <= record.UpdatedAt);
                Assert.True(wanted.CreatedAt == default || wanted.CreatedAt == record.CreatedAt);
            }
        }

        collection.WaitForIndex();
        Assert.Empty(collection.Verify().Findings);
    }

    private static void CheckSearch(Collection collection)
    {
        SearchHits hits = collection.Search([10.4f, -10.4f, 3.4f, 1], 3, new SearchOptions { Exact = true });
        Assert.Equal(["n11", "n9", "n12"], hits.Select(hit => hit.Id)); // n10 was deleted; by Manhattan distance 1.47, 3.2, 3.8
    }

    private static int[]? Bits(float[]? vector) => vector?.Select(BitConverter.SingleToInt32Bits).ToArray();

    private string Copy(string version, string end)
    {
        string path = _directory[end];
        TemporaryDirectory.Copy(Path.Combine(AppContext.BaseDirectory, "Golden", version, end), path);
        return path;
    }
}
