namespace Hypervex.Engine.Tests;

public sealed class PublicApiTests
{
    private const string ListFile = "PublicApi.txt";

    [Fact]
    public void The_public_api_is_the_listed_one()
    {
        string path = RepositoryRoot.File("tests", "Engine.Tests", ListFile);
        string[] actual = [.. PublicApi.Of(typeof(Database).Assembly)];
        if (Environment.GetEnvironmentVariable("HYPERVEX_UPDATE_PUBLIC_API") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        string[] listed = File.ReadAllLines(path);
        string[] differences = [.. actual.Except(listed).Select(line => $"+ {line}"), .. listed.Except(actual).Select(line => $"- {line}")];
        Assert.True(
            differences.Length == 0,
            $"The public API has changed:\n{string.Join('\n', differences)}\nIf that is meant, say so in CHANGELOG.md and run:\n"
            + $"HYPERVEX_UPDATE_PUBLIC_API=1 dotnet test tests/Engine.Tests -c Release --filter {nameof(PublicApiTests)}");
        Assert.Equal(listed, actual);
    }

    [Fact]
    public void The_listing_sees_types_and_every_kind_of_member()
    {
        string[] api = [.. PublicApi.Of(typeof(Database).Assembly)];

        Assert.Contains("class Hypervex.Database : System.IAsyncDisposable, System.IDisposable", api);
        Assert.Contains("Hypervex.Database: static Hypervex.Database Open(System.String path, Hypervex.DatabaseOptions options = null)", api);
        Assert.Contains("Hypervex.Limits: const System.Int32 MaxK = 10000", api);
        Assert.Contains("Hypervex.Metric: Cosine = 1", api);
        Assert.Contains(api, line => line.StartsWith("Hypervex.SearchOptions: System.Boolean Exact { get; init; }", StringComparison.Ordinal));
    }
}
