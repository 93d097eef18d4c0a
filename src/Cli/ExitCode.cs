namespace Hypervex.Cli;

/// <summary>The exit codes of <c>hypervex</c>; docs/cli.md prints the same table. They never change their meaning.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>The operation failed: disk, network, memory, or a defect of the program.</summary>
    public const int Failed = 1;

    /// <summary>The command line, or a value on it, is not acceptable.</summary>
    public const int Usage = 2;

    /// <summary>The record, collection, database or input file does not exist.</summary>
    public const int NotFound = 3;

    /// <summary>Another process has the data directory open.</summary>
    public const int Locked = 4;

    /// <summary>Stored data is damaged, or was written by a newer version.</summary>
    public const int Damaged = 5;

    /// <summary>An input file is not what it claims to be, or holds a record that cannot be stored.</summary>
    public const int BadDataFile = 6;

    /// <summary>It exists already, or has another version or contents than the command requires.</summary>
    public const int Conflict = 7;

    /// <summary>The server cannot be reached.</summary>
    public const int Unreachable = 8;

    /// <summary>Stopped by Ctrl-C or SIGTERM (128 + SIGINT, as shells count).</summary>
    public const int Interrupted = 130;
}
