using System.CommandLine;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using Hypervex.Client;

namespace Hypervex.Cli.Commands;

/// <summary>A command on the keys of a server, which runs (<c>--url</c>) or not (<c>--data</c>).</summary>
internal abstract class KeysVerb : Verb
{
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    protected KeysVerb(string name, string description, params IReadOnlyList<string> examples)
        : base(name, description, examples) => _target.AddTo(this);

    /// <summary>Whether a data directory that does not exist is created.</summary>
    protected virtual bool MayCreate => false;

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        using KeyTarget keys = _target.OpenServer(parse) is { } server
            ? new KeyTarget(server, directory: null)
            : KeyTarget.OpenDirectory(_target.DataPath(parse), MayCreate);
        await RunAsync(parse, keys, answer, cancellationToken).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    /// <summary>Does it.</summary>
    protected abstract Task RunAsync(ParseResult parse, KeyTarget keys, Answer answer, CancellationToken cancellationToken);
}
