using System.Diagnostics;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>One run of conformance.py against a real server: Debian's python3-grpcio, with messages that Debian's protoc makes of proto/.</summary>
public sealed class PythonRun : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private readonly string _directory = Directory.CreateTempSubdirectory("hypervex-grpc-").FullName;

    /// <summary>What came of each case: <c>ok</c>, or what was wrong.</summary>
    public IReadOnlyDictionary<string, string> Results { get; private set; } = new Dictionary<string, string>();

    /// <summary>What the script wrote besides.</summary>
    public string Errors { get; private set; } = "";

    public async Task InitializeAsync()
    {
        string protos = RepositoryFiles.PathOf("proto");
        string[] files = Directory.GetFiles(protos, "*.proto", SearchOption.AllDirectories);
        await RunAsync("protoc", ["-I" + protos, "--python_out=" + _directory, .. files]);
        await using RawCaller caller = await RawCaller.StartAsync();
        (string output, string errors) = await RunAsync("/usr/bin/python3", [RepositoryFiles.PathOf("tests/Server.Tests/Grpc/conformance.py"), caller.Address.Authority, _directory]);
        Results = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).ToDictionary(parts => parts[0], parts => parts[1]);
        Errors = errors;
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    private static async Task<(string Output, string Errors)> RunAsync(string program, string[] arguments)
    {
        using var process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        process.Start();
        using var patience = new CancellationTokenSource(_patience);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode} (./test installs python3-grpcio, python3-protobuf, protobuf-compiler, libprotobuf-dev): {await errors}");
            return (await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
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
