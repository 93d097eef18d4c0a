using System.CommandLine;
using System.Text.Json;
using Hypervex.Cli.Benchmarks.Server;
using Hypervex.Cli.DataFiles;

namespace Hypervex.Cli.Input;

/// <summary>An option whose value is one word of a closed set, the snake_case names of an enum.</summary>
internal static class Choice
{
    /// <summary>An option that is absent unless given.</summary>
    public static Option<T?> Optional<T>(string name, string description)
        where T : struct, Enum
    {
        Option<T?> option = new(name)
        {
            Description = $"{description} One of: {string.Join(", ", Words<T>())}.",
            HelpName = "word",
            CustomParser = result => TryRead(result.Tokens[0].Value, out T value) ? value : Refuse<T>(result),
        };
        option.CompletionSources.Add([.. Words<T>()]);
        return option;
    }

    /// <summary>An option with a default.</summary>
    public static Option<T> WithDefault<T>(string name, string description, T fallback)
        where T : struct, Enum
    {
        Option<T> option = new(name)
        {
            Description = $"{description} One of: {string.Join(", ", Words<T>())}.",
            HelpName = "word",
            DefaultValueFactory = _ => fallback,
            CustomParser = result => TryRead(result.Tokens[0].Value, out T value) ? value : Refuse<T>(result) ?? fallback,
        };
        option.CompletionSources.Add([.. Words<T>()]);
        return option;
    }

    /// <summary>The word of a value, as it is typed and printed.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum =>
        value switch
        {
            Durability.OperatingSystem => "os",
            VectorFileFormat.RawUInt8 => "u8",
            VectorFileFormat.RawFloat16 => "f16",
            VectorFileFormat.RawFloat32 => "f32",
            LoadTransport.RestOctets => "rest-octets",
            _ => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()),
        };

    /// <summary>Reads a word.</summary>
    public static bool TryRead<T>(string word, out T value)
        where T : struct, Enum
    {
        foreach (T candidate in Enum.GetValues<T>())
        {
            if (string.Equals(Word(candidate), word, StringComparison.OrdinalIgnoreCase))
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }

    private static IEnumerable<string> Words<T>()
        where T : struct, Enum => Enum.GetValues<T>().Select(Word);

    private static T? Refuse<T>(System.CommandLine.Parsing.ArgumentResult result)
        where T : struct, Enum
    {
        result.AddError($"\"{result.Tokens[0].Value}\" is none of: {string.Join(", ", Words<T>())}.");
        return null;
    }
}
