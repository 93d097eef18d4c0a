namespace Hypervex.Cli;

/// <summary>A new directory under the system's temporary one, removed with its contents when disposed.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    /// <summary>Creates the directory.</summary>
    public TemporaryDirectory(string prefix) => Path = Directory.CreateTempSubdirectory(prefix + "-").FullName;

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
