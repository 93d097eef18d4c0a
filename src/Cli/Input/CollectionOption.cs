using System.CommandLine;

namespace Hypervex.Cli.Input;

/// <summary>The option that names a collection.</summary>
internal static class CollectionOption
{
    /// <summary>The collection of commands and routes that name none.</summary>
    public const string DefaultName = "default";

    /// <summary>Creates <c>--collection</c>.</summary>
    public static Option<string> Create() => new("--collection", "-c")
    {
        Description = "The collection.",
        HelpName = "name",
        DefaultValueFactory = _ => DefaultName,
    };
}
