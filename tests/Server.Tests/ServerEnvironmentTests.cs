namespace Hypervex.Server.Tests;

public sealed class ServerEnvironmentTests
{
    [Fact]
    public void Without_variables_the_defaults_rule()
    {
        ServerOptions options = ServerEnvironment.Read(_ => null);
        Assert.Equal(".hypervector", options.DataPath);
        Assert.Equal("127.0.0.1:8080", options.Listen);
        Assert.Empty(options.AllowedOrigins);
        Assert.Equal(new DefaultCollectionOptions(), options.DefaultCollection);
        Assert.Equal(Durability.Fsync, options.Database.Durability);
        Assert.Equal(RowAccess.Map, options.Database.RowAccess);
        Assert.Equal(TimeSpan.FromDays(7), options.Database.ScrubInterval);
        Assert.Equal(100_000, options.Database.PendingLimit);
        Assert.Equal(options.DefaultCollection, ServerEnvironment.Read(_ => "").DefaultCollection);
    }

    [Fact]
    public void Variables_are_read()
    {
        var variables = new Dictionary<string, string>
        {
            ["STORAGE_PATH"] = "/data",
            ["VECTOR_DIMENSION"] = "768",
            ["VECTOR_CAPACITY"] = "10000000000",
            ["VECTOR_METRIC"] = "l2",
            ["HYPERVEX_LISTEN"] = "[::1]:9000",
            ["HYPERVEX_ALLOWED_ORIGINS"] = "https://a.example.org, http://localhost:3000",
            ["HYPERVEX_DURABILITY"] = "batch",
            ["HYPERVEX_ROW_ACCESS"] = "read",
            ["HYPERVEX_SCRUB_DAYS"] = "0",
            ["HYPERVEX_PENDING_LIMIT"] = "64",
        };
        ServerOptions options = ServerEnvironment.Read(variables.GetValueOrDefault);
        Assert.Equal("/data", options.DataPath);
        Assert.Equal("[::1]:9000", options.Listen);
        Assert.Equal(["https://a.example.org", "http://localhost:3000"], options.AllowedOrigins);
        Assert.Equal(new DefaultCollectionOptions { Dimension = 768, Capacity = 10_000_000_000, Metric = Metric.L2 }, options.DefaultCollection);
        Assert.Equal(Durability.Batch, options.Database.Durability);
        Assert.Equal(RowAccess.Read, options.Database.RowAccess);
        Assert.Equal(Timeout.InfiniteTimeSpan, options.Database.ScrubInterval);
        Assert.Equal(64, options.Database.PendingLimit);
    }

    [Theory]
    [InlineData("VECTOR_DIMENSION", "0")]
    [InlineData("VECTOR_DIMENSION", "-1")]
    [InlineData("VECTOR_DIMENSION", "65537")]
    [InlineData("VECTOR_DIMENSION", "1.5")]
    [InlineData("VECTOR_DIMENSION", "many")]
    [InlineData("VECTOR_CAPACITY", "0")]
    [InlineData("VECTOR_CAPACITY", "9223372036854775808")]
    [InlineData("VECTOR_METRIC", "Cosine")]
    [InlineData("VECTOR_METRIC", "euclid")]
    [InlineData("HYPERVEX_DURABILITY", "none")]
    [InlineData("HYPERVEX_ROW_ACCESS", "Mapped")]
    [InlineData("HYPERVEX_PENDING_LIMIT", "63")]
    [InlineData("HYPERVEX_PENDING_LIMIT", "10000001")]
    [InlineData("HYPERVEX_SCRUB_DAYS", "weekly")]
    [InlineData("HYPERVEX_SCRUB_DAYS", "3651")]
    public void A_value_that_is_not_acceptable_names_its_variable(string name, string value)
    {
        HypervexException error = Assert.Throws<HypervexException>(() => ServerEnvironment.Read(asked => asked == name ? value : null));
        Assert.Equal(ErrorCode.InvalidArgument, error.Code);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains(value, error.Message, StringComparison.Ordinal);
    }
}
