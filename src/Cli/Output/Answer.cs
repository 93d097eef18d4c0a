using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Hypervex.Cli.Output;

/// <summary>
/// What a command says: with <c>--json</c> one JSON object on stdout and nothing else, otherwise readable text. Errors go to
/// stderr (and, with <c>--json</c>, into the object). Thread safety: one thread at a time.
/// </summary>
internal sealed class Answer
{
    // Wide enough for a definition in a table when stdout is a file or a pipe, which have no width of their own.
    private const int RedirectedWidth = 100;

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Creates the answer of one command.</summary>
    public Answer(bool json)
    {
        Json = json;
        Text = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Out),
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (Console.IsOutputRedirected)
        {
            Text.Profile.Width = RedirectedWidth;
        }
    }

    /// <summary>Whether stdout carries one JSON object.</summary>
    public bool Json { get; }

    /// <summary>Readable text on stdout.</summary>
    public IAnsiConsole Text { get; }

    /// <summary>Writes the one object.</summary>
    public static void Write(JsonObject value) => Line(OneLine(value));

    /// <summary>An object as one line of JSON, readable in any script.</summary>
    public static string OneLine(JsonObject value) => value.ToJsonString(s_json);

    /// <summary>Writes one plain line of text, without markup.</summary>
    public static void Line(string text = "") => Console.Out.WriteLine(text);

    /// <summary>Says on stderr what is going on, unless only the JSON object is wanted.</summary>
    public void Note(string text)
    {
        if (!Json)
        {
            Console.Error.WriteLine(text);
        }
    }

    /// <summary>Reports a failure.</summary>
    /// <returns>Its exit code.</returns>
    public int Fail(Failure failure)
    {
        if (Json)
        {
            Write(new JsonObject
            {
                ["error"] = new JsonObject { ["code"] = failure.Code, ["message"] = failure.Message, ["exit_code"] = failure.Exit },
            });
        }
        else
        {
            Console.Error.WriteLine($"hypervex: {Printable.Clean(failure.Message)}");
        }

        return failure.Exit;
    }
}
