using System.CommandLine;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex indexes</c>: lists, creates and drops the indexes of metadata fields.</summary>
internal sealed class IndexesCommand : Command
{
    /// <summary>Creates the command.</summary>
    public IndexesCommand()
        : base("indexes", "Lists, creates and drops the indexes of metadata fields.")
    {
        Add(new IndexesListCommand());
        Add(new IndexesCreateCommand());
        Add(new IndexesDropCommand());
    }
}
