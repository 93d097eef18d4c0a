namespace Hypervex.Storage;

/// <summary>
/// Files in this process's memory, for <see cref="Database.CreateInMemory"/> and tests. Nothing is durable and nothing is
/// mapped. Invariant: every entry's parent directory exists. Thread safety: one lock over the tree, one per file.
/// </summary>
internal sealed class MemoryFileSystem : IFileSystem
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);

    public bool IsDurable => false;

    public bool CanMap => false;

    public void CreateDirectory(string path)
    {
        lock (_lock)
        {
            for (string? at = path; !string.IsNullOrEmpty(at); at = Path.GetDirectoryName(at))
            {
                _directories.Add(at);
            }
        }
    }

    public bool DirectoryExists(string path)
    {
        lock (_lock)
        {
            return _directories.Contains(path);
        }
    }

    public bool FileExists(string path)
    {
        lock (_lock)
        {
            return _files.ContainsKey(path);
        }
    }

    public IReadOnlyList<string> ListFiles(string directory)
    {
        lock (_lock)
        {
            return Children(directory, _files.Keys);
        }
    }

    public IReadOnlyList<string> ListDirectories(string directory)
    {
        lock (_lock)
        {
            return Children(directory, _directories);
        }
    }

    public IFile Open(string path, OpenMode mode)
    {
        lock (_lock)
        {
            bool exists = _files.TryGetValue(path, out MemoryFile? file);
            if (mode is OpenMode.CreateNew or OpenMode.CreatePrivate)
            {
                if (exists || !_directories.Contains(Path.GetDirectoryName(path) ?? ""))
                {
                    throw new HypervexException(ErrorCode.StorageUnavailable, $"Could not create {path}: it exists, or its directory does not.");
                }

                _files[path] = file = new MemoryFile(path);
            }
            else if (!exists)
            {
                throw new HypervexException(ErrorCode.StorageUnavailable, $"Could not open {path}: it does not exist.");
            }

            return file!;
        }
    }

    public void Rename(string source, string target)
    {
        lock (_lock)
        {
            if (!_files.Remove(source, out MemoryFile? file))
            {
                throw new HypervexException(ErrorCode.StorageUnavailable, $"Could not rename {source}: it does not exist.");
            }

            _files[target] = file;
        }
    }

    public void DeleteFile(string path)
    {
        lock (_lock)
        {
            _files.Remove(path);
        }
    }

    public void DeleteDirectory(string path)
    {
        string prefix = path + Path.DirectorySeparatorChar;
        lock (_lock)
        {
            foreach (string file in _files.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToList())
            {
                _files.Remove(file);
            }

            _directories.RemoveWhere(directory => directory == path || directory.StartsWith(prefix, StringComparison.Ordinal));
        }
    }

    public void SyncDirectory(string path)
    {
    }

    /// <summary>Memory has one owner: the database that created it.</summary>
    public IDisposable? TryLock(string path) => new MemoryStream(0);

    private static List<string> Children(string directory, IEnumerable<string> paths)
    {
        List<string> names = [.. paths.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path))];
        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
