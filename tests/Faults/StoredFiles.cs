using Hypervex.Engine.Tests.Storage;
using Hypervex.Storage;

namespace Hypervex.Faults.Tests;

/// <summary>The files of a closed database, in memory, so that a damaged copy is opened in a moment.</summary>
internal sealed class StoredFiles
{
    public const string Root = "/db";
    public static readonly DatabaseOptions Options = new() { IndexingThreads = 1, SegmentBytes = 8 << 10, ChunkBytes = 4 << 10, CompactionGarbageRatio = 1 };
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Reads a directory.</summary>
    public StoredFiles(string directory)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) != "LOCK")
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
    public static string KindOf(string name)
    {
        string file = Path.GetFileName(name);
        return file.EndsWith(".hyp", StringComparison.Ordinal) ? "chunk"
            : !file.EndsWith(".log", StringComparison.Ordinal) ? file
            : file.Contains('-', StringComparison.Ordinal) ? "compacted segment" : "log segment";
    }

    /// <summary>A copy of a file's bytes.</summary>
    public byte[] this[string name] => [.. _files[name]];

    public void Remove(string name) => _files.Remove(name);

    /// <summary>The files with one of them replaced.</summary>
    public CrashingFileSystem With(string replaced, byte[] bytes)
    {
        var memory = new CrashingFileSystem();
        memory.CreateDirectory(Root);
        foreach ((string name, byte[] content) in _files)
        {
            string path = Path.Combine(Root, name);
            memory.CreateDirectory(Path.GetDirectoryName(path)!);
            using IFile file = memory.Open(path, OpenMode.CreateNew);
            file.Write(name == replaced ? bytes : content, 0);
        }

        return memory;
    }

    /// <summary>Opens the files with one of them replaced.</summary>
    public Database OpenWith(string replaced, byte[] bytes) => Open(With(replaced, bytes));

    public static Database Open(IFileSystem files) => Database.Open(files, Root, null, Options);

    public static RepairReport Repair(IFileSystem files, bool apply) => Database.Repair(files, Root, apply, Options);
}
