namespace Hypervex.Cli;

/// <summary>A new directory under the system's temporary one (or another), removed with its contents when disposed.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Creates the directory.</summary>
    /// <param name="prefix">How its name begins.</param>
    /// <param name="parent">Where it is made; null = the system's place for temporary files.</param>
    public TemporaryDirectory(string prefix, string? parent = null) => Path = parent is null
        ? Directory.CreateTempSubdirectory(prefix + "-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(parent, $"{prefix}-{System.IO.Path.GetRandomFileName()}")).FullName;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
