using Hypervex.Cli.Output;

namespace Hypervex.Cli;

/// <summary>A command that cannot go on, with the failure to report.</summary>
internal sealed class CommandException(Failure failure) : Exception(failure.Message)
{
    /// <summary>What to report.</summary>
    public Failure Failure { get; } = failure;

    /// <summary>A command line that cannot be carried out as it stands.</summary>
    public static CommandException Usage(string message) => new(new Failure("usage", message, ExitCode.Usage));

    /// <summary>Something that is not there.</summary>
    public static CommandException NotFound(string code, string message) => new(new Failure(code, message, ExitCode.NotFound));

    /// <summary>A failure with an exit code of its own.</summary>
    public static CommandException Create(string code, string message, int exit) => new(new Failure(code, message, exit));
}
