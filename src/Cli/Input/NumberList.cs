using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Hypervex.Cli.Input;

/// <summary>Options whose value is a list with commas between.</summary>
internal static class NumberList
{
    /// <summary>A list of whole numbers within a range; both ends belong to it and stand in the help.</summary>
    public static Option<int[]> Create(string name, string description, int least, int most, params int[] fallback) => new(name)
    {
        Description = $"{description} Each from {least} to {most}. Default: {string.Join(',', fallback)}.",
        HelpName = "n,n,…",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Read(
            result,
            name,
            $"a whole number from {least} to {most}",
            word => int.TryParse(word, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most ? value : (int?)null),
    };

    /// <summary>Reads a list; null and an error when a word of it is not what was expected.</summary>
    public static T[]? Read<T>(ArgumentResult result, string name, string expected, Func<string, T?> read)
        where T : struct
    {
        List<T> values = [];
        foreach (string word in result.Tokens[0].Value.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (read(word) is not { } value)
            {
                result.AddError($"\"{word}\" in {name} is not {expected}; give one or several with commas between.");
                return null;
            }

            values.Add(value);
        }

        if (values.Count == 0)
        {
            result.AddError($"{name} is empty; give one or several of {expected} with commas between.");
            return null;
        }

        return [.. values];
    }
}
