using System.CommandLine;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using Hypervex.Server.Keys;
using Hypervex.Wire;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex keys create</c>: creates a key and prints it, once.</summary>
internal sealed class KeysCreateCommand : KeysVerb
{
    private readonly Argument<string> _name = new("name") { Description = "What people call it." };
    private readonly Option<KeyScope> _scope = Choice.WithDefault("--scope", "What it is for: read, write (reads and changes records) or admin (everything; for all collections also keys). The first key has to be admin for all collections.", KeyScope.Read);
    private readonly Option<string[]> _collections = new("--collection", "-c") { Description = "A collection that it is for; may be repeated. All of them unless given.", HelpName = "name" };

    private readonly Option<string?> _expires = new("--expires") { Description = "From when on it is accepted no more: a time with its offset, such as 2027-01-31T00:00:00Z. Never unless given.", HelpName = "time" };

    /// <summary>Creates the command.</summary>
    public KeysCreateCommand()
        : base(
            "create",
            "Creates a key and prints it: the only time that it can be seen.",
            "keys create operator --scope admin --data ./vectors",
            "keys create loader --scope write --collection docs --url http://127.0.0.1:8080",
            "keys create visitor --expires 2027-01-31T00:00:00Z --url http://127.0.0.1:8080")
    {
        Add(_name);
        Add(_scope);
        Add(_collections);
        Add(_expires);
    }

    /// <inheritdoc/>
    protected override bool MayCreate => true;

    /// <inheritdoc/>
    protected override async Task RunAsync(ParseResult parse, KeyTarget keys, Answer answer, CancellationToken cancellationToken)
    {
        string[]? collections = parse.GetValue(_collections) is { Length: > 0 } names ? names : null;
        DateTimeOffset? expiresAt = null;
        if (parse.GetValue(_expires) is { } text && !WireTime.TryReadExpiry(text, out expiresAt))
        {
            throw CommandException.Usage($"--expires: expected {WireTime.Expected}, found \"{text}\".");
        }

        KeyDisplay.Tell(answer, await keys.CreateAsync(parse.GetRequiredValue(_name), parse.GetValue(_scope), collections, expiresAt, cancellationToken).ConfigureAwait(false));
    }
}
