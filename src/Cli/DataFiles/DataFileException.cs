using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>A data file that is not what it claims to be. The message says which file and row, what was expected and what was found.</summary>
internal sealed class DataFileException : Exception
{
    public DataFileException(string path, long? row, string expected, string actual, Exception? innerException = null)
        : base(Describe(path, row, expected, actual), innerException)
    {
        Path = path;
        Row = row;
        Expected = expected;
        Actual = actual;
    }

    /// <summary>The file, as it was named by the caller.</summary>
    public string Path { get; }

    /// <summary>The row, from 0; null when the fault is in the file's header or in the file as a whole.</summary>
    public long? Row { get; }

    /// <summary>What should stand there.</summary>
    public string Expected { get; }

    /// <summary>What stands there.</summary>
    public string Actual { get; }

    private static string Describe(string path, long? row, string expected, string actual) =>
        row is null
            ? $"{path}: expected {expected}; found {actual}."
            : string.Create(CultureInfo.InvariantCulture, $"{path}, row {row}: expected {expected}; found {actual}.");
}
