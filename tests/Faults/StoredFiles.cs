using Hypervex.Storage;

namespace Hypervex.Faults.Tests;

/// <summary>The authoritative files of a closed database, in memory, so that a damaged copy is opened in a moment.</summary>
internal sealed class StoredFiles
{
    private const string Root = "/db";
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Reads a directory. Chunks are derived from the log and left out.</summary>
    public StoredFiles(string directory)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            if (!file.EndsWith(".hyp", StringComparison.Ordinal) && Path.GetFileName(file) != "LOCK")
            {
                _files.Add(Path.GetRelativePath(directory, file), File.ReadAllBytes(file));
            }
        }
    }

    public IReadOnlyCollection<string> Names => _files.Keys;

    /// <summary>The segments of the collection with the longest log, in order.</summary>
    public List<string> LongestLog => [.. _files.Keys.Where(name => name.EndsWith(".log", StringComparison.Ordinal))
        .GroupBy(Path.GetDirectoryName)
        .MaxBy(log => log.Sum(name => _files[name].Length))!];

    /// <summary>The name without the parts that are random.</summary>
    public static string KindOf(string name) =>
        !name.EndsWith(".log", StringComparison.Ordinal) ? Path.GetFileName(name)
        : Path.GetFileName(name).Contains('-', StringComparison.Ordinal) ? "compacted segment" : "log segment";

    /// <summary>A copy of a file's bytes.</summary>
    public byte[] this[string name] => [.. _files[name]];

    public void Remove(string name) => _files.Remove(name);

    /// <summary>Opens the files with one of them replaced.</summary>
    public Database OpenWith(string replaced, byte[] bytes)
    {
        var memory = new MemoryFileSystem();
        memory.CreateDirectory(Root);
        foreach ((string name, byte[] content) in _files)
        {
            string path = Path.Combine(Root, name);
            memory.CreateDirectory(Path.GetDirectoryName(path)!);
            using IFile file = memory.Open(path, OpenMode.CreateNew);
            file.Write(name == replaced ? bytes : content, 0);
        }

        // The partition's directory is there although its chunks are not.
        return Database.Open(memory, Root, null, new DatabaseOptions { IndexingThreads = 1 });
    }
}
