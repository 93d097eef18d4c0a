namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Reads a file of vectors from its beginning to its end in memory that does not grow with the file. Every component is
/// finite as float32.
/// Thread safety: one thread at a time.
/// </summary>
internal interface IVectorReader : IDisposable
{
    /// <summary>The file, as it was named by the caller.</summary>
    string Path { get; }

    /// <summary>Rows of the file; null when only reading it to the end can tell.</summary>
    long? Count { get; }

    /// <summary>Components per row; null before the first row of a file without a header, or of named vectors only.</summary>
    int? Dimension { get; }

    /// <summary>Reads the next row.</summary>
    /// <returns>False at the end of the file; the row is then unchanged.</returns>
    /// <exception cref="DataFileException">The file is not what it claims to be; the rows before are good.</exception>
    bool TryRead(ref VectorRow row);
}
