using System.Net;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Input;
using Hypervex.Client;

namespace Hypervex.Cli.Output;

/// <summary>Why a command did not do what it was asked, for people and for programs.</summary>
/// <param name="Code">A stable snake_case word: an <see cref="ErrorCode"/> or one of the command line's own.</param>
/// <param name="Message">What, which, expected, actual and what to do.</param>
/// <param name="Exit">The process's <see cref="ExitCode"/>.</param>
internal sealed record Failure(string Code, string Message, int Exit)
{
    /// <summary>Translates any exception.</summary>
    public static Failure From(Exception exception) => exception switch
    {
        CommandException command => command.Failure,
        HypervexException engine => new Failure(NameOf(engine.Code), engine.Message, ExitOf(engine.Code)),
        HypervexClientException client => new Failure(client.Code, client.Message, ExitOf(client)),
        DataFileException file => new Failure("bad_data_file", file.Message, ExitCode.BadDataFile),
        OperationCanceledException => new Failure("interrupted", "Stopped before the end.", ExitCode.Interrupted),
        FileNotFoundException missing => new Failure("file_not_found", $"The file {missing.FileName} does not exist.", ExitCode.NotFound),
        DirectoryNotFoundException => new Failure("file_not_found", exception.Message, ExitCode.NotFound),
        UnauthorizedAccessException => new Failure("access_denied", exception.Message, ExitCode.Failed),
        IOException => new Failure("io_error", exception.Message, ExitCode.Failed),
        OutOfMemoryException => new Failure("out_of_memory", "There is not enough memory for this operation.", ExitCode.Failed),
        _ => new Failure(
            "internal_error",
            $"A defect of hypervex: {exception.GetType().Name}. Please report the command; HYPERVEX_TRACE=1 prints the details.",
            ExitCode.Failed),
    };

    /// <summary>The wire name of an engine error.</summary>
    internal static string NameOf(ErrorCode code) => Choice.Word(code);

    /// <summary>The exit code of a server's answer: that of the same error inside this process.</summary>
    private static int ExitOf(HypervexClientException exception) => exception switch
    {
        { Code: HypervexClientException.Unreachable } => ExitCode.Unreachable,
        _ when Choice.TryRead(exception.Code, out ErrorCode code) => ExitOf(code),
        { Status: HttpStatusCode.NotFound } => ExitCode.NotFound,
        { Status: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError } => ExitCode.Usage,
        _ => ExitCode.Failed,
    };

    /// <summary>The exit code of an engine error.</summary>
    internal static int ExitOf(ErrorCode code) => code switch
    {
        ErrorCode.InvalidArgument or ErrorCode.NonFiniteVector or ErrorCode.ZeroNorm or ErrorCode.OutOfDomain
            or ErrorCode.DimensionMismatch or ErrorCode.InvalidVector or ErrorCode.LimitOutOfRange or ErrorCode.InvalidJson
            or ErrorCode.InvalidName or ErrorCode.InvalidId or ErrorCode.InvalidMetadata or ErrorCode.InvalidDocument
            or ErrorCode.InvalidFilter => ExitCode.Usage,
        ErrorCode.NotFound or ErrorCode.CollectionNotFound => ExitCode.NotFound,
        ErrorCode.Locked => ExitCode.Locked,
        ErrorCode.Damaged or ErrorCode.UnsupportedFormat => ExitCode.Damaged,
        ErrorCode.BadSnapshot => ExitCode.BadDataFile,
        ErrorCode.AlreadyExists or ErrorCode.CollectionExists or ErrorCode.CollectionInUse or ErrorCode.VersionMismatch => ExitCode.Conflict,
        _ => ExitCode.Failed,
    };
}
