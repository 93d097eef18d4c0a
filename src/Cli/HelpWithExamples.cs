using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Hypervex.Cli.Commands;

namespace Hypervex.Cli;

/// <summary>The usual help, followed by examples that can be pasted into a shell.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary><c>--help</c> wins over whatever else is wrong with the command line.</summary>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        Command command = parseResult.CommandResult.Command;
        if (command is Verb { Examples.Count: > 0 } verb)
        {
            output.WriteLine("Examples:");
            foreach (string example in verb.Examples)
            {
                output.WriteLine($"  hypervex {example}");
            }

            output.WriteLine();
        }
        else if (!command.Parents.Any())
        {
            output.WriteLine("First steps:");
            output.WriteLine("  hypervex demo                 imports 8,000 dictionary entries and searches them");
            output.WriteLine("  hypervex <command> --help     shows the options and examples of a command");
            output.WriteLine();
        }

        return ExitCode.Ok;
    }

    /// <summary>The command as it is typed: <c>hypervex collections drop</c>.</summary>
    internal static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : command.Name;
}
