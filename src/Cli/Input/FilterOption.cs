using System.CommandLine;

namespace Hypervex.Cli.Input;

/// <summary>The option that restricts a command to matching records.</summary>
internal static class FilterOption
{
    /// <summary>Creates <c>--filter</c>.</summary>
    public static Option<string?> Create() => new("--filter", "-f")
    {
        Description = "Only records whose metadata match, for example '{\"year\": {\"$gte\": 2020}}' (docs/filters.md).",
        HelpName = "json",
    };

    /// <summary>The filter on the command line; null when there is none.</summary>
    public static Filter? ReadFilter(this ParseResult parse, Option<string?> option) =>
        parse.GetValue(option) is { } json ? Filter.Parse(json) : null;
}
