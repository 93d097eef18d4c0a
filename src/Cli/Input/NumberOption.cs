using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Hypervex.Cli.Input;

/// <summary>Options whose value is a number within a range; both ends belong to it and stand in the help.</summary>
internal static class NumberOption
{
    /// <summary>An option with a default.</summary>
    public static Option<T> Create<T>(string name, string description, T least, T most, T fallback, params string[] aliases)
        where T : struct, INumber<T>
    {
        return new Option<T>(name, aliases)
        {
            Description = Describe(description, least, most),
            HelpName = "n",
            DefaultValueFactory = _ => fallback,
            CustomParser = result => Read(result, name, least, most) ?? fallback,
        };
    }

    /// <summary>An option that must be given.</summary>
    public static Option<T> Required<T>(string name, string description, T least, T most, params string[] aliases)
        where T : struct, INumber<T>
    {
        return new Option<T>(name, aliases)
        {
            Description = Describe(description, least, most),
            HelpName = "n",
            Required = true,
            CustomParser = result => Read(result, name, least, most) ?? least,
        };
    }

    /// <summary>An option that is null unless given.</summary>
    public static Option<T?> Optional<T>(string name, string description, T least, T most, params string[] aliases)
        where T : struct, INumber<T>
    {
        return new Option<T?>(name, aliases)
        {
            Description = Describe(description, least, most),
            HelpName = "n",
            CustomParser = result => Read(result, name, least, most),
        };
    }

    // An integer option whose range has no practical end says only where it begins.
    private static string Describe<T>(string description, T least, T most)
        where T : struct, INumber<T> =>
        long.CreateSaturating(most) >= int.MaxValue ? $"{description} At least {least}." : $"{description} From {least} to {most}.";

    private static T? Read<T>(ArgumentResult result, string name, T least, T most)
        where T : struct, INumber<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out T value) && value >= least && value <= most)
        {
            return value;
        }

        result.AddError($"{name} is \"{text}\"; expected a {(T.IsInteger(T.One / (T.One + T.One)) ? "whole number" : "number")} from {least} to {most}.");
        return null;
    }
}
