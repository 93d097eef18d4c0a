using System.IO.Compression;
using System.Text;

namespace Hypervex.Cli.Tests.DataFiles;

/// <summary>A directory of its own for one test, removed with everything in it.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("hypervex-test-").FullName;

    public string PathOf(string name) => Path.Combine(_path, name);

    public string Write(string name, params byte[][] parts)
    {
        byte[] bytes = [.. parts.SelectMany(part => part)];
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            {
                gzip.Write(bytes);
            }

            bytes = packed.ToArray();
        }

        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string[] FileNames() => [.. Directory.GetFiles(_path).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
