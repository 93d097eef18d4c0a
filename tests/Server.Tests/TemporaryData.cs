namespace Hypervex.Server.Tests;

/// <summary>A data directory that goes with the test.</summary>
internal sealed class TemporaryData : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hypervex-server").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
