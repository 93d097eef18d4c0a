using System.Globalization;
using System.Text.Json;

namespace Hypervex.Cli.Input;

/// <summary>Reads a vector from the command line: numbers, a file, or stdin.</summary>
internal static class VectorText
{
    /// <summary>Reads <c>0.1,0.2</c>, <c>[0.1, 0.2]</c>, <c>@file</c> or <c>-</c> (stdin).</summary>
    public static float[] Read(string text)
    {
        string numbers = text switch
        {
            "-" => Console.In.ReadToEnd(),
            ['@', .. string file] => File.ReadAllText(file),
            _ => text,
        };
        numbers = numbers.Trim();
        return numbers.StartsWith('[') ? FromJson(numbers) : FromList(numbers);
    }

    private static float[] FromJson(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, InputJson.Default.SingleArray) ?? throw Refuse("it is null");
        }
        catch (JsonException)
        {
            throw Refuse("it is not a JSON array of numbers");
        }
    }

    private static float[] FromList(string text)
    {
        string[] parts = text.Split([',', ' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        float[] vector = new float[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out vector[i]))
            {
                throw Refuse($"component {i} is \"{parts[i]}\"");
            }
        }

        return vector.Length > 0 ? vector : throw Refuse("it is empty");
    }

    private static CommandException Refuse(string why) => CommandException.Create(
        "invalid_vector",
        $"The vector cannot be read: {why}. Expected numbers as 0.1,0.2,0.3 or [0.1, 0.2, 0.3], @FILE that holds them, or - for stdin.",
        ExitCode.Usage);
}
