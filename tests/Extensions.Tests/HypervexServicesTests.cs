using Hypervex.Client;
using Hypervex.Embedded;
using Hypervex.Server;
using Hypervex.Wire;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypervex.Extensions.Tests;

/// <summary>The services of an application, over a real server.</summary>
public sealed class HypervexServicesTests
{
    private const string Check = "hypervex";
    private static readonly ServerOptions _server = new() { DataPath = null, Listen = "127.0.0.1:0", Logging = logging => logging.ClearProviders() };

    [Fact]
    public async Task An_application_gets_a_client_a_collection_and_texts_over_one_connection()
    {
        await using HypervexServer server = await HypervexServer.StartAsync(_server);
        await server.Ready;
        await using ServiceProvider services = new ServiceCollection()
            .AddHypervex(options => (options.Url, options.Collection) = (server.Addresses[0], "notes"))
            .AddSingleton<IEmbeddingGenerator<string, Embedding<float>>, WordCounts>()
            .BuildServiceProvider();
        HypervexClient client = services.GetRequiredService<HypervexClient>();
        await client.CreateCollectionAsync(new CollectionMessage { Name = "notes" });

        await services.GetRequiredService<TextCollection>().AddAsync([new TextRecord("the oak is a tree") { Id = "oak" }]);

        Assert.Equal("oak", Assert.Single(await services.GetRequiredService<TextCollection>().SearchAsync("tree")).Id);
        IVectorCollection records = services.GetRequiredService<IVectorCollection>();
        Assert.Equal(("notes", 1L), (records.Name, await records.CountAsync()));
        Assert.Same(client, services.GetRequiredService<HypervexClient>());
        Assert.Same(records, services.GetRequiredService<IVectorCollection>());
    }

    [Fact]
    public async Task A_collection_that_is_registered_already_stays()
    {
        using var database = Database.CreateInMemory();
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IVectorCollection>(new EmbeddedCollection(database.GetOrCreateCollection("here")))
            .AddSingleton<IEmbeddingGenerator<string, Embedding<float>>, WordCounts>()
            .AddHypervex()
            .BuildServiceProvider();

        await services.GetRequiredService<TextCollection>().AddAsync([new TextRecord("in this process") { Id = "a" }]);

        Assert.Equal(1, database.GetCollection("here").Count);
    }

    [Fact]
    public async Task Options_come_from_configuration_too()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Hypervex:Url"] = "http://127.0.0.1:1", ["Hypervex:Collection"] = "docs", ["Hypervex:Timeout"] = "00:00:07" })
            .Build();
        await using ServiceProvider services = new ServiceCollection().Configure<HypervexOptions>(configuration.GetSection("Hypervex")).AddHypervex().BuildServiceProvider();

        HypervexOptions options = services.GetRequiredService<IOptions<HypervexOptions>>().Value;

        Assert.Equal(("docs", TimeSpan.FromSeconds(7), 3), (options.Collection, options.Timeout, options.Retries));
        Assert.Equal("docs", services.GetRequiredService<IVectorCollection>().Name);
    }

    public static TheoryData<string, Action<HypervexOptions>> Wrong => new()
    {
        { "Url: expected the address of a server such as http://127.0.0.1:8080, found none.", options => options.Url = null },
        { "found \"ftp://here/\"", options => options.Url = new Uri("ftp://here") },
        { "found \"/relative\"", options => options.Url = new Uri("/relative", UriKind.Relative) },
        { "ApiKey: expected printable ASCII", options => options.ApiKey = "a secret" },
        { "ApiKey: expected printable ASCII", options => options.ApiKey = "" },
        { "Collection: expected the name", options => options.Collection = "" },
        { "Timeout: expected a time above zero, found 00:00:00.", options => options.Timeout = TimeSpan.Zero },
        { "Retries: expected an integer from 0 to 100, found 101.", options => options.Retries = 101 },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Options_that_cannot_be_are_refused_by_name_before_anything_is_sent(string part, Action<HypervexOptions> change)
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddHypervex(options =>
            {
                options.Url = new Uri("http://127.0.0.1:1");
                change(options);
            })
            .BuildServiceProvider();

        OptionsValidationException error = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<HypervexClient>());

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_health_check_follows_the_server()
    {
        HypervexServer server = await HypervexServer.StartAsync(_server);
        await server.Ready;
        await using ServiceProvider services = Checked(server.Addresses[0], HealthStatus.Degraded);
        HealthCheckService checks = services.GetRequiredService<HealthCheckService>();

        HealthReportEntry well = (await checks.CheckHealthAsync()).Entries[Check];
        await server.DisposeAsync();
        HealthReportEntry gone = (await checks.CheckHealthAsync()).Entries[Check];

        Assert.Equal(HealthStatus.Healthy, well.Status);
        Assert.Contains("healthy", well.Description, StringComparison.Ordinal);
        Assert.Equal((HealthStatus.Degraded, HypervexClientException.Unreachable), (gone.Status, gone.Data["code"]));
        Assert.Contains("could not be reached", gone.Description, StringComparison.Ordinal);
        Assert.Null(gone.Exception);
    }

    private static ServiceProvider Checked(Uri url, HealthStatus failure)
    {
        IServiceCollection services = new ServiceCollection().AddLogging().AddHypervex(options => (options.Url, options.Retries) = (url, 0));
        services.AddHealthChecks().AddCheck<HypervexHealthCheck>(Check, failure);
        return services.BuildServiceProvider();
    }
}
