using System.CommandLine;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex collections</c>: lists, describes, alters and drops collections.</summary>
internal sealed class CollectionsCommand : Command
{
    /// <summary>Creates the command.</summary>
    public CollectionsCommand()
        : base("collections", "Lists, describes, alters and drops collections.")
    {
        Add(new CollectionsListCommand());
        Add(new CollectionsDescribeCommand());
        Add(new CollectionsAlterCommand());
        Add(new CollectionsDropCommand());
    }
}
