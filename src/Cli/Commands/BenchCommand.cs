using System.CommandLine;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex bench</c>: measurements.</summary>
internal sealed class BenchCommand : Command
{
    /// <summary>Creates the command.</summary>
    public BenchCommand()
        : base("bench", "Measures speed: of searches with their recall, of storage, and of a server.")
    {
        Add(new BenchAnnCommand());
        Add(new BenchStorageCommand());
        Add(new BenchServerCommand());
    }
}
