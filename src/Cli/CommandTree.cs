using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using Hypervex.Cli.Commands;
using Hypervex.Cli.Output;

namespace Hypervex.Cli;

/// <summary>All commands of <c>hypervex</c>, and how a command line is read and run.</summary>
internal static class CommandTree
{
    // After Ctrl-C or SIGTERM, running requests may end and files are closed; then the process goes whatever happens.
    private static readonly TimeSpan s_patienceAfterSignal = TimeSpan.FromSeconds(30);

    /// <summary>Runs one command line.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        // "@" begins ids and file names here (--vector @query.json), not response files.
        ParseResult command = Create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (command.Action is ParseErrorAction errors)
        {
            return RefuseUsage(command, errors, args);
        }

        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = s_patienceAfterSignal };
        return await command.InvokeAsync(configuration).ConfigureAwait(false);
    }

    /// <summary>The root command with all verbs.</summary>
    internal static Command Create()
    {
        // Not a RootCommand: that one takes its name from the assembly, and users type "hypervex".
        Command root = new("hypervex", "Hypervex: a vector database, embedded in a process or served over REST.")
        {
            new HelpOption { Recursive = true },
            new VersionOption(),
            new DemoCommand(),
            new ServeCommand(),
            new CreateCommand(),
            new CollectionsCommand(),
            new AliasesCommand(),
            new IndexesCommand(),
            new KeysCommand(),
            new ImportCommand(),
            new ExportCommand(),
            new GenerateCommand(),
            new EmbedHierarchyCommand(),
            new ConvertCommand(),
            new SearchCommand(),
            new GetCommand(),
            new ListCommand(),
            new SampleCommand(),
            new UpdateCommand(),
            new DeleteCommand(),
            new StatsCommand(),
            new VerifyCommand(),
            new CompactCommand(),
            new CheckpointCommand(),
            new SnapshotCommand(),
            new RestoreCommand(),
            new RepairCommand(),
            new McpCommand(),
            new BenchCommand(),
        };
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        return root;
    }

    private static int RefuseUsage(ParseResult command, ParseErrorAction action, string[] args)
    {
        bool bare = args.Length == 0;
        string path = HelpWithExamples.PathOf(command.CommandResult.Command);
        if (args.Contains("--json"))
        {
            string message = string.Join(' ', command.Errors.Select(error => error.Message));
            return new Answer(json: true).Fail(new Failure("usage", $"{message} `{path} --help` shows the usage.", ExitCode.Usage));
        }

        // Everything about a wrong command line goes to stderr: stdout may be piped into a parser.
        action.ShowHelp = bare;
        action.Invoke(command, Console.Error);
        if (!bare)
        {
            Console.Error.WriteLine($"`{path} --help` shows the usage and examples.");
        }

        return ExitCode.Usage;
    }

    private static void Invoke(this ParseErrorAction action, ParseResult command, TextWriter output)
    {
        command.InvocationConfiguration.Output = output;
        command.InvocationConfiguration.Error = output;
        action.Invoke(command);
    }
}
