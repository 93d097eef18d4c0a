using System.CommandLine;
using Hypervex.Cli.Output;

namespace Hypervex.Cli.Commands;

/// <summary>
/// One command that does something. It reads its options, answers as text or as one JSON object, and turns every failure
/// into a message and an exit code: no stack trace reaches the user.
/// </summary>
internal abstract class Verb : Command
{
    private readonly Option _json;

    /// <summary>Creates a verb with the usual <c>--json</c> flag.</summary>
    /// <param name="name">The word that is typed.</param>
    /// <param name="description">What it does, one sentence.</param>
    /// <param name="examples">Command lines without the leading <c>hypervex</c>.</param>
    protected Verb(string name, string description, params IReadOnlyList<string> examples)
        : this(name, description, new Option<bool>("--json") { Description = "Print one JSON object instead of text." }, examples)
    {
    }

    /// <summary>Creates a verb whose <c>--json</c> option is its own.</summary>
    protected Verb(string name, string description, Option json, IReadOnlyList<string> examples)
        : base(name, description)
    {
        Examples = examples;
        _json = json;
        Add(json);
        SetAction(AnswerAsync);
    }

    /// <summary>Command lines that work, without the leading <c>hypervex</c>.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Does it.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    protected abstract Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken);

    /// <summary>Whether stdout shall carry one JSON object and nothing else.</summary>
    protected virtual bool WantsJson(ParseResult parse) => parse.GetResult(_json) is { Implicit: false };

    private async Task<int> AnswerAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Answer answer = new(WantsJson(parse));
        try
        {
            return await RunAsync(parse, answer, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The outermost door: whatever happened becomes a message and an exit code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (Environment.GetEnvironmentVariable("HYPERVEX_TRACE") == "1")
            {
                await Console.Error.WriteLineAsync(exception.ToString()).ConfigureAwait(false);
            }

            return answer.Fail(Failure.From(exception));
        }
    }
}
