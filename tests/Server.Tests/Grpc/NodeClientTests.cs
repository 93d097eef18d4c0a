namespace Hypervex.Server.Tests.Grpc;

/// <summary>One run of conformance.mjs against a real server: @grpc/grpc-js, with messages that @grpc/proto-loader makes of proto/.</summary>
public sealed class NodeRun : IAsyncLifetime
{
    private const string Needs = "./test installs nodejs, and with npm ci what tests/Server.Tests/Grpc/node asks for";

    /// <summary>What came of each case: <c>ok</c>, or what was wrong.</summary>
    public IReadOnlyDictionary<string, string> Results { get; private set; } = new Dictionary<string, string>();

    /// <summary>What the script wrote besides.</summary>
    public string Errors { get; private set; } = "";

    public async Task InitializeAsync()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        (string output, Errors) = await ClientScript.RunAsync("node", Needs, RepositoryFiles.PathOf("tests/Server.Tests/Grpc/node/conformance.mjs"), caller.Address.Authority, RepositoryFiles.PathOf("proto"));
        Results = ClientScript.Read(output);
    }

    public Task DisposeAsync() => Task.CompletedTask;
}

/// <summary>The conformance table once more, as the client that most programs in JavaScript use sees it.</summary>
public sealed class NodeClientTests(NodeRun run) : IClassFixture<NodeRun>
{
    private const string Case = "  async ";

    private static readonly string[] _cases =
    [
        .. File.ReadLines(RepositoryFiles.PathOf("tests/Server.Tests/Grpc/node/conformance.mjs"))
            .SkipWhile(line => !line.StartsWith("const cases", StringComparison.Ordinal))
            .Where(line => line.StartsWith(Case, StringComparison.Ordinal))
            .Select(line => line[Case.Length..line.IndexOf('(', StringComparison.Ordinal)]),
    ];

    public static TheoryData<string> Cases { get; } = [.. _cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_client_in_Node_finds(string what) =>
        Assert.True(run.Results.TryGetValue(what, out string? result) && result == "ok", $"{what}: {result ?? "was not run"} {run.Errors}");

    [Fact]
    public void The_script_ran_all_its_cases_and_wrote_no_errors()
    {
        Assert.True(_cases.Length >= 20, $"{_cases.Length} cases");
        Assert.Equal(_cases.Order(), run.Results.Keys.Order());
        Assert.Equal("", run.Errors);
    }
}
