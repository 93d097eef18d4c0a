namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Writes a file of vectors in memory that does not grow with the file. Until <see cref="Complete"/> the bytes stand under the
/// file's name with <c>.partial</c> behind it; disposing without it removes them, so a file is whole or absent.
/// Thread safety: one thread at a time.
/// </summary>
internal interface IVectorWriter : IDisposable
{
    /// <summary>Rows written so far.</summary>
    long Count { get; }

    /// <summary>Appends a row. Formats without ids, metadata and documents drop them.</summary>
    /// <exception cref="DataFileException">The row does not fit the rows before, or the format.</exception>
    void Write(in VectorRow row);

    /// <summary>Finishes the file and gives it its name, in place of an older one.</summary>
    void Complete();
}
