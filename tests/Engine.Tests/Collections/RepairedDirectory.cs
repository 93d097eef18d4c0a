namespace Hypervex.Engine.Tests.Collections;

/// <summary>A directory with one collection, <c>c</c>, that tests damage and repair: what every repair must do, and the files as they are.</summary>
internal sealed class RepairedDirectory(DatabaseOptions options) : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public string Path => _directory.Path;

    /// <summary>All segments, in order.</summary>
    public List<string> Logs => [.. Find("*.log").Order(StringComparer.Ordinal)];

    public void Dispose() => _directory.Dispose();

    public Database Open() => Database.Open(Path, options);

    public string[] Find(string pattern) => Directory.GetFiles(Path, pattern, SearchOption.AllDirectories);

    /// <summary>Every file with its bytes.</summary>
    public Dictionary<string, byte[]> Files() => Find("*").ToDictionary(path => path, File.ReadAllBytes);

    /// <summary>Whether the collection opens, is sound and has so many records.</summary>
    public bool Opens(long records)
    {
        try
        {
            using Database database = Open();
            Collection collection = database.GetCollection("c");
            return collection.Verify().Ok && collection.Count == records;
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Damaged)
        {
            return false;
        }
    }

    /// <summary>Repairs: a dry run changes nothing and says what is done then, nothing remains, and a second repair finds nothing.</summary>
    public RepairReport AssertRepairs(bool lossless)
    {
        Dictionary<string, byte[]> before = Files();
        RepairReport plan = Database.Repair(Path, apply: false);
        Assert.NotEmpty(plan.Steps);
        Assert.False(plan.Applied);
        AssertSame(before);

        RepairReport done = Database.Repair(Path, apply: true);
        Assert.True(done.Applied);
        Assert.Equal(plan.Steps, done.Steps);
        Assert.Empty(done.Remaining);
        Assert.Empty(done.Unrepairable);
        Assert.Equal(lossless, done.Lossless);
        Assert.Equal(lossless, plan.Lossless);
        Assert.Empty(Database.Repair(Path, apply: false).Steps);
        return done;
    }

    /// <summary>Repairs where there is nothing to repair.</summary>
    public void AssertIsLeftAlone()
    {
        Dictionary<string, byte[]> before = Files();
        RepairReport report = Database.Repair(Path, apply: true);
        Assert.Empty(report.Steps);
        Assert.Empty(report.Unrepairable);
        Assert.Null(report.Quarantine);
        AssertSame(before);
    }

    public void AssertSame(Dictionary<string, byte[]> expected)
    {
        Dictionary<string, byte[]> actual = Files();
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, file => Assert.Equal(file.Value, actual[file.Key]));
    }
}
