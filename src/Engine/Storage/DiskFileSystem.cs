namespace Hypervex.Storage;

/// <summary>
/// Files of the operating system, with a bound on the handles that are open at a time. Linux is tested; the Windows and macOS paths are written but
/// untested. Thread safety: all members.
/// </summary>
internal sealed class DiskFileSystem : IFileSystem
{
    /// <param name="maxOpenFiles">Greatest number of open handles; 0 = half of what the process may have, at most 1,024.</param>
    public DiskFileSystem(int maxOpenFiles = 0) => Handles = new FileHandles(maxOpenFiles);

    public FileHandles Handles { get; }

    public bool IsDurable => true;

    public bool CanMap => !OperatingSystem.IsBrowser();

    public void CreateDirectory(string path) => Guard(path, "create the directory", () => Directory.CreateDirectory(path));

    public bool DirectoryExists(string path) => Directory.Exists(path);

    public bool FileExists(string path) => File.Exists(path);

    public IReadOnlyList<string> ListFiles(string directory) => List(directory, Directory.EnumerateFiles);

    public IReadOnlyList<string> ListDirectories(string directory) => List(directory, Directory.EnumerateDirectories);

    public IFile Open(string path, OpenMode mode)
    {
        try
        {
            return new DiskFile(path, mode, Handles);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, path, mode is OpenMode.CreateNew or OpenMode.CreatePrivate ? "create" : "open");
        }
    }

    public void Rename(string source, string target) => Guard(source, "rename", () =>
    {
        Handles.Pin(source);
        Handles.Pin(target);
        File.Move(source, target, overwrite: true);
    });

    public void DeleteFile(string path) => Guard(path, "delete", () =>
    {
        Handles.Pin(path);
        File.Delete(path);
    });

    public void DeleteDirectory(string path) => Guard(path, "delete the directory", () =>
    {
        if (Directory.Exists(path))
        {
            Handles.PinBelow(path);
            Directory.Delete(path, recursive: true);
        }
    });

    public void SyncDirectory(string path) => DurableSync.Directory(path);

    public IDisposable? TryLock(string path) => DirectoryLock.TryTake(path);

    private static List<string> List(string directory, Func<string, IEnumerable<string>> enumerate)
    {
        var names = new List<string>();
        Guard(directory, "list", () => names.AddRange(enumerate(directory).Select(path => Path.GetFileName(path))));
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static void Guard(string path, string verb, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, path, verb);
        }
    }
}
