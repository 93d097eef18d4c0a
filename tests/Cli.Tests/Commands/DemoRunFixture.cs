using System.Text.Json.Nodes;

namespace Hypervex.Cli.Tests.Commands;

/// <summary>One run of <c>hypervex demo --json</c> and the data directory that it left, for all tests that look at them.</summary>
public sealed class DemoRunFixture : IAsyncLifetime, IDisposable
{
    private readonly Sandbox _sandbox = new();

    /// <summary>The data directory.</summary>
    public string Data => _sandbox.Data;

    /// <summary>What the demo printed, parsed anew for each caller.</summary>
    public JsonObject Figures => JsonNode.Parse(Output)!.AsObject();

    /// <summary>What the demo printed.</summary>
    public string Output { get; private set; } = "";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        ProgramRun run = await HypervexProcess.RunAsync("demo", "--data", Data, "--json");
        Assert.True(run.ExitCode == 0, run.ToString());
        Output = run.Output;
    }

    /// <inheritdoc/>
    public Task DisposeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _sandbox.Dispose();
}
