namespace Hypervex.Server.Tests.Grpc;

/// <summary>One run of conformance.py against a real server: Debian's python3-grpcio, with messages that Debian's protoc makes of proto/.</summary>
public sealed class PythonRun : IAsyncLifetime
{
    private const string Needs = "./test installs python3-grpcio, python3-protobuf, protobuf-compiler, libprotobuf-dev";
    private readonly string _directory = Directory.CreateTempSubdirectory("hypervex-grpc-").FullName;

    /// <summary>What came of each case: <c>ok</c>, or what was wrong.</summary>
    public IReadOnlyDictionary<string, string> Results { get; private set; } = new Dictionary<string, string>();

    /// <summary>What the script wrote besides.</summary>
    public string Errors { get; private set; } = "";

    public async Task InitializeAsync()
    {
        string protos = RepositoryFiles.PathOf("proto");
        string[] files = Directory.GetFiles(protos, "*.proto", SearchOption.AllDirectories);
        await ClientScript.RunAsync("protoc", Needs, ["-I" + protos, "--python_out=" + _directory, .. files]);
        await using RawCaller caller = await RawCaller.StartAsync();
        (string output, Errors) = await ClientScript.RunAsync("/usr/bin/python3", Needs, RepositoryFiles.PathOf("tests/Server.Tests/Grpc/conformance.py"), caller.Address.Authority, _directory);
        Results = ClientScript.Read(output);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }
}

/// <summary>The conformance table: four kinds of calls, statuses, trailers, deadlines, cancellation, sizes and bad bytes, as a real client sees them.</summary>
public sealed class PythonClientTests(PythonRun run) : IClassFixture<PythonRun>
{
    private static readonly string[] _cases =
    [
        .. File.ReadLines(RepositoryFiles.PathOf("tests/Server.Tests/Grpc/conformance.py"))
            .SkipWhile(line => line != "@case")
            .Where(line => line.StartsWith("def ", StringComparison.Ordinal))
            .Select(line => line[4..line.IndexOf('(', StringComparison.Ordinal)]),
    ];

    public static TheoryData<string> Cases { get; } = [.. _cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_client_in_Python_finds(string what) =>
        Assert.True(run.Results.TryGetValue(what, out string? result) && result == "ok", $"{what}: {result ?? "was not run"} {run.Errors}");

    [Fact]
    public void The_script_ran_all_its_cases_and_wrote_no_errors()
    {
        Assert.True(_cases.Length > 20);
        Assert.Equal(_cases.Order(), run.Results.Keys.Order());
        Assert.DoesNotContain("Traceback", run.Errors, StringComparison.Ordinal);
    }
}
