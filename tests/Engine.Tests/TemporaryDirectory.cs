namespace Hypervex.Engine.Tests;

/// <summary>A directory that is gone when the test is.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "hypervex-tests", Guid.NewGuid().ToString("n"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
