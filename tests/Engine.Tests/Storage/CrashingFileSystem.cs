using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>
/// Files that can lose power. Every file keeps what was written and what a sync has made durable; <see cref="CrashImage"/> builds what a disk
/// might hold after a cut: each unsynced 512-byte sector is there or not, unsynced names are there up to some point.
/// <see cref="FailAt"/> makes the n-th operation fail, or end the "process" there. Thread safety: one lock.
/// </summary>
internal sealed class CrashingFileSystem : IFileSystem
{
    private const int Sector = 512;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Node> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> _durableNames = new(StringComparer.Ordinal);
    private readonly List<(string Directory, Action<Dictionary<string, Node>> Redo)> _unsyncedNames = [];
    private readonly HashSet<string> _directories = new(StringComparer.Ordinal);
    private bool _dead;

    public bool IsDurable => true;

    public bool CanMap => true;

    /// <summary>Counts every operation that changes or syncs something, from 1.</summary>
    public int Operations { get; private set; }

    /// <summary>The operation that fails; 0 = none.</summary>
    public int FailAt { get; set; }

    /// <summary>What it fails with; null = the process ends there, and nothing works any more.</summary>
    public ErrorCode? FailWith { get; set; }

    /// <summary>Called with the path of each file that is about to be created.</summary>
    public Action<string>? Creating { get; set; }

    /// <summary>All files that there are now.</summary>
    public IReadOnlyList<string> Paths
    {
        get
        {
            lock (_lock)
            {
                return [.. _names.Keys];
            }
        }
    }

    /// <summary>A control: syncs that do nothing, like a disk (or a program) that lies.</summary>
    public bool SyncsLie { get; init; }

    private sealed class Node
    {
        public byte[] Bytes = [];
        public byte[] Durable = [];
        public List<Mapping> Mappings = [];
    }

    /// <summary>A copy of a file in native memory that follows its writes.</summary>
    private sealed unsafe class Mapping : IMapping
    {
        private readonly Node _node;
        private readonly long _length;

        public Mapping(Node node, long length)
        {
            _node = node;
            _length = length;
            Address = (byte*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc((nuint)length, 64);
            node.Bytes.AsSpan(0, (int)length).CopyTo(new Span<byte>(Address, (int)length));
            node.Mappings.Add(this);
        }

        public byte* Address { get; }

        public void Follow(ReadOnlySpan<byte> bytes, long offset) => bytes.CopyTo(new Span<byte>(Address + offset, (int)(_length - offset)));

        public void Dispose()
        {
            _node.Mappings.Remove(this);
            System.Runtime.InteropServices.NativeMemory.AlignedFree(Address);
        }
    }

    /// <summary>What the disk might hold after a power cut now.</summary>
    public CrashingFileSystem CrashImage(int seed)
    {
        var random = new Random(seed);
        var image = new CrashingFileSystem();
        lock (_lock)
        {
            var names = new Dictionary<string, Node>(_durableNames, StringComparer.Ordinal);
            int kept = random.Next(_unsyncedNames.Count + 1);
            foreach ((_, Action<Dictionary<string, Node>> redo) in _unsyncedNames.Take(kept))
            {
                redo(names);
            }

            image._directories.UnionWith(_directories);
            foreach ((string path, Node node) in names)
            {
                byte[] bytes = Torn(node, random);
                image._names[path] = image._durableNames[path] = new Node { Bytes = bytes, Durable = [.. bytes] };
            }
        }

        return image;
    }

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
            return _names.ContainsKey(path);
        }
    }

    public IReadOnlyList<string> ListFiles(string directory)
    {
        lock (_lock)
        {
            return [.. _names.Keys.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
    }

    public IReadOnlyList<string> ListDirectories(string directory)
    {
        lock (_lock)
        {
            return [.. _directories.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
    }

    public IFile Open(string path, OpenMode mode)
    {
        if (mode is OpenMode.CreateNew or OpenMode.CreatePrivate)
        {
            Creating?.Invoke(path);
        }

        lock (_lock)
        {
            if (mode is OpenMode.CreateNew or OpenMode.CreatePrivate)
            {
                Step();
                if (_names.ContainsKey(path))
                {
                    throw new HypervexException(ErrorCode.StorageUnavailable, $"{path} exists.");
                }

                var created = new Node();
                Change(Path.GetDirectoryName(path)!, names => names[path] = created);
                return new Handle(this, path, created);
            }

            return _names.TryGetValue(path, out Node? node)
                ? new Handle(this, path, node)
                : throw new HypervexException(ErrorCode.StorageUnavailable, $"{path} does not exist.");
        }
    }

    public void Rename(string source, string target)
    {
        lock (_lock)
        {
            Step();
            Node node = _names[source];
            Change(Path.GetDirectoryName(target)!, names =>
            {
                names.Remove(source);
                names[target] = node;
            });
        }
    }

    public void DeleteFile(string path)
    {
        lock (_lock)
        {
            Step();
            Change(Path.GetDirectoryName(path)!, names => names.Remove(path));
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (_lock)
        {
            Step();
            string prefix = path + "/";
            List<KeyValuePair<string, Node>> victims = [.. _names.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))];
            Change(path, names =>
            {
                foreach ((string name, Node node) in victims)
                {
                    if (names.TryGetValue(name, out Node? there) && ReferenceEquals(there, node)) // not a later file of that name
                    {
                        names.Remove(name);
                    }
                }
            });
            _directories.RemoveWhere(name => name == path || name.StartsWith(prefix, StringComparison.Ordinal));
        }
    }

    public void SyncDirectory(string path)
    {
        lock (_lock)
        {
            Step();
            if (SyncsLie)
            {
                return;
            }

            foreach ((string directory, Action<Dictionary<string, Node>> redo) in _unsyncedNames.Where(change => change.Directory == path).ToList())
            {
                redo(_durableNames);
            }

            _unsyncedNames.RemoveAll(change => change.Directory == path);
        }
    }

    public IDisposable? TryLock(string path) => new MemoryStream(0);

    private static byte[] Torn(Node node, Random random)
    {
        int longest = Math.Max(node.Bytes.Length, node.Durable.Length);
        int length = node.Bytes.Length == node.Durable.Length || random.Next(2) == 0 ? node.Bytes.Length : node.Durable.Length;
        int keepOneIn = random.Next(1, 4);
        var bytes = new byte[longest];
        node.Durable.CopyTo(bytes, 0);
        for (int at = 0; at < node.Bytes.Length; at += Sector)
        {
            int run = Math.Min(Sector, node.Bytes.Length - at);
            if (random.Next(keepOneIn) == 0)
            {
                node.Bytes.AsSpan(at, run).CopyTo(bytes.AsSpan(at));
            }
        }

        return bytes[..length];
    }

    private void Change(string directory, Action<Dictionary<string, Node>> change)
    {
        change(_names);
        _unsyncedNames.Add((directory, change));
    }

    private void Step()
    {
        if (_dead)
        {
            throw new ProcessEndedException();
        }

        if (++Operations == FailAt)
        {
            if (FailWith is { } code)
            {
                throw new HypervexException(code, "injected");
            }

            _dead = true;
            throw new ProcessEndedException();
        }
    }

    internal sealed class ProcessEndedException : Exception;

    private sealed class Handle(CrashingFileSystem owner, string path, Node node) : IFile
    {
        public string Path { get; } = path;

        public long Length
        {
            get
            {
                lock (owner._lock)
                {
                    return node.Bytes.Length;
                }
            }
        }

        public int Read(Span<byte> buffer, long offset)
        {
            lock (owner._lock)
            {
                int count = (int)Math.Clamp(node.Bytes.Length - offset, 0, buffer.Length);
                node.Bytes.AsSpan((int)Math.Min(offset, node.Bytes.Length), count).CopyTo(buffer);
                return count;
            }
        }

        public void Write(ReadOnlySpan<byte> buffer, long offset)
        {
            lock (owner._lock)
            {
                owner.Step();
                if (node.Bytes.Length < offset + buffer.Length)
                {
                    Array.Resize(ref node.Bytes, (int)offset + buffer.Length);
                }

                buffer.CopyTo(node.Bytes.AsSpan((int)offset));
                foreach (Mapping mapping in node.Mappings)
                {
                    mapping.Follow(buffer, offset);
                }
            }
        }

        public void Sync()
        {
            lock (owner._lock)
            {
                owner.Step();
                if (!owner.SyncsLie)
                {
                    node.Durable = [.. node.Bytes];
                }
            }
        }

        public void SetLength(long length)
        {
            lock (owner._lock)
            {
                owner.Step();
                Array.Resize(ref node.Bytes, (int)length);
            }
        }

        public void Allocate(long offset, long length)
        {
            lock (owner._lock)
            {
                owner.Step();
                if (node.Bytes.Length < offset + length)
                {
                    Array.Resize(ref node.Bytes, (int)(offset + length));
                }
            }
        }

        public bool TryRelease(long offset, long length)
        {
            Write(new byte[length], offset);
            return true;
        }

        public IMapping Map(long length)
        {
            lock (owner._lock)
            {
                return new Mapping(node, length);
            }
        }

        public void Dispose()
        {
        }
    }
}
