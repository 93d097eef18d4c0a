using System.CommandLine;
using Hypervex.Cli.Input;
using Hypervex.Cli.Mcp;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex mcp</c>: lets an agent's program use a database by the Model Context Protocol, over stdin and stdout, until stdin ends.</summary>
internal sealed class McpCommand : Verb
{
    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Offer no tool that changes anything, and create nothing." };
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public McpCommand()
        : base(
            "mcp",
            "Serves a database to agents by the Model Context Protocol, over stdin and stdout.",
            "mcp --data ./vectors",
            "mcp --url http://127.0.0.1:8080 --read-only")
    {
        Add(_readOnly);
        _target.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        bool readOnly = parse.GetValue(_readOnly);
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: !readOnly);
        try
        {
            await ToolServer.RunAsync(target, readOnly, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Programs end their servers by closing stdin or by SIGTERM; both are a proper end.
        }

        return ExitCode.Ok;
    }
}
