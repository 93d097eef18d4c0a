using System.CommandLine;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex aliases</c>: lists, sets and drops second names of collections.</summary>
internal sealed class AliasesCommand : Command
{
    /// <summary>Creates the command.</summary>
    public AliasesCommand()
        : base("aliases", "Lists, sets and drops second names of collections.")
    {
        Add(new AliasesListCommand());
        Add(new AliasesSetCommand());
        Add(new AliasesDropCommand());
    }
}
