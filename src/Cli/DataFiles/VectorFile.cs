namespace Hypervex.Cli.DataFiles;

/// <summary>Opens and creates files of vectors in any of the formats.</summary>
internal static class VectorFile
{
    /// <summary>Opens a file for reading; a name that ends in <c>.gz</c> is unpacked on the way.</summary>
    /// <exception cref="DataFileException">Missing, of no known format, or not what its name says.</exception>
    public static IVectorReader Open(string path, FormatOptions? options = null) => throw new NotImplementedException();

    /// <summary>Creates a file for writing; a name that ends in <c>.gz</c> is packed on the way.</summary>
    /// <exception cref="DataFileException">Of a format that is only read, or a directory that cannot be written.</exception>
    public static IVectorWriter Create(string path, FormatOptions? options = null) => throw new NotImplementedException();

    /// <summary>The format by the end of the name, <c>.gz</c> aside; null when unknown.</summary>
    public static VectorFileFormat? FormatOf(string path) => throw new NotImplementedException();
}
