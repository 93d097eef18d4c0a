using System.Runtime.InteropServices;

namespace Hypervex.Storage;

/// <summary>
/// Bounds the handles that a database keeps open: beyond the limit the files that were used least recently lose theirs and get another one when
/// they are used again. A file with writes that no sync has covered is synced first, and keeps its handle when that fails, because the error would be
/// lost with it. Files that are about to be renamed or deleted keep theirs until they are disposed: their name stands for something else then.
/// Invariant: a file is registered from its opening to its disposal. Thread safety: all members; the lock guards the registry and is never
/// held while a file is opened, closed or synced.
/// </summary>
internal sealed partial class FileHandles
{
    private const int LargestDefault = 1024;
    private const int SmallestLimit = 8;
    private const int OpenFilesLinux = 7;
    private const int OpenFilesOther = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<DiskFile>> _files = new(StringComparer.Ordinal);
    private int _open;
    private int _trimming;

    /// <param name="limit">Greatest number of open handles; 0 = half of what the process may have, at most 1,024.</param>
    public FileHandles(int limit)
    {
        Limit = limit > 0 ? Math.Max(SmallestLimit, limit) : Default();
    }

    public int Limit { get; }

    /// <summary>Handles that are open now.</summary>
    public int Open => Volatile.Read(ref _open);

    public void Register(DiskFile file)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue(file.Path, out List<DiskFile>? sameName))
            {
                _files.Add(file.Path, sameName = []);
            }

            sameName.Add(file);
        }
    }

    public void Unregister(DiskFile file)
    {
        lock (_lock)
        {
            if (_files.TryGetValue(file.Path, out List<DiskFile>? sameName) && sameName.Remove(file) && sameName.Count == 0)
            {
                _files.Remove(file.Path);
            }
        }
    }

    public void Opened() => Interlocked.Increment(ref _open);

    public void Closed() => Interlocked.Decrement(ref _open);

    /// <summary>Closes handles when there are more than the limit. Not to be called under a file's lock.</summary>
    public void Trim()
    {
        if (Open > Limit)
        {
            CloseDownTo(Limit - (Limit / 8));
        }
    }

    /// <summary>Closes half of the handles, for the system has none left; false when there was nothing to close. Safe under a file's lock.</summary>
    public bool TrimHard() => CloseDownTo(Open / 2);

    /// <summary>Makes the files of this name keep the handles that they have, or get now: the name is about to go.</summary>
    public void Pin(string path)
    {
        foreach (DiskFile file in Registered(name => name == path))
        {
            file.Pin();
        }
    }

    /// <summary>Makes the files in a directory keep their handles.</summary>
    public void PinBelow(string directory)
    {
        string prefix = directory + Path.DirectorySeparatorChar;
        foreach (DiskFile file in Registered(name => name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            file.Pin();
        }
    }

    private List<DiskFile> Registered(Func<string, bool> wanted)
    {
        lock (_lock)
        {
            return [.. _files.Where(entry => wanted(entry.Key)).SelectMany(entry => entry.Value)];
        }
    }

    private bool CloseDownTo(int target)
    {
        if (Interlocked.Exchange(ref _trimming, 1) != 0)
        {
            return false; // another thread is at it
        }

        try
        {
            int before = Open;
            List<DiskFile> oldest = Registered(_ => true);
            oldest.Sort((left, right) => left.LastUse.CompareTo(right.LastUse));
            foreach (bool mayBeUnsynced in (bool[])[false, true])
            {
                foreach (DiskFile file in oldest)
                {
                    if (Open <= target)
                    {
                        return true;
                    }

                    file.TryLetGo(mayBeUnsynced);
                }
            }

            return Open < before;
        }
        finally
        {
            Volatile.Write(ref _trimming, 0);
        }
    }

    private static int Default()
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            if (GetLimit(OperatingSystem.IsLinux() ? OpenFilesLinux : OpenFilesOther, out ResourceLimit limit) == 0)
            {
                return (int)Math.Clamp(limit.Current / 2, SmallestLimit, LargestDefault);
            }
        }

        return LargestDefault;
    }

    private readonly struct ResourceLimit
    {
        public readonly ulong Current;
        public readonly ulong Greatest;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out ResourceLimit limit);
}
