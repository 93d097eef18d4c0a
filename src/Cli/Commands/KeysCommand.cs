using System.CommandLine;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex keys</c>: creates, lists, rotates and revokes the keys of a server.</summary>
internal sealed class KeysCommand : Command
{
    /// <summary>Creates the command.</summary>
    public KeysCommand()
        : base("keys", "Creates, lists, rotates and revokes the keys of a server.")
    {
        Add(new KeysListCommand());
        Add(new KeysCreateCommand());
        Add(new KeysRotateCommand());
        Add(new KeysRevokeCommand());
    }
}
