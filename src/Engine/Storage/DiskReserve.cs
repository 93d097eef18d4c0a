namespace Hypervex.Storage;

/// <summary>
/// A file that holds space and nothing else. When a write meets a full disk the file is deleted, so that deletions, checkpoints and compaction have room;
/// until it is there again, records are refused. Invariant: while <see cref="IsHeld"/>, the file has its full size. Thread safety: all members.
/// </summary>
internal sealed class DiskReserve
{
    /// <summary>Taken beyond the size for a moment: without that much room, writes would only meet the full disk again.</summary>
    private const long RoomBeside = 8 << 20;

    private static readonly TimeSpan s_betweenTries = TimeSpan.FromSeconds(1);

    private readonly IFileSystem _files;
    private readonly string _path;
    private readonly long _bytes;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private long _lastTry;
    private bool _held;

    /// <summary>Takes the reserve, if there is room for it; otherwise the first record tries again.</summary>
    public DiskReserve(IFileSystem files, string root, long bytes, TimeProvider time)
    {
        _files = files;
        _path = DatabasePaths.Reserve(root);
        _bytes = bytes;
        _time = time;
        _held = TryTake();
        _lastTry = time.GetTimestamp();
    }

    public bool IsHeld => Volatile.Read(ref _held);

    /// <summary>Gives the space to whoever needs it; false when that has been done already.</summary>
    public bool Release()
    {
        lock (_lock)
        {
            if (!_held)
            {
                return false;
            }

            Volatile.Write(ref _held, false);
            _lastTry = _time.GetTimestamp();
            _files.DeleteFile(_path);
            return true;
        }
    }

    /// <summary>Throws <see cref="ErrorCode.DiskFull"/> while there is no room for the reserve.</summary>
    public void RequireHeld()
    {
        if (IsHeld)
        {
            return;
        }

        lock (_lock)
        {
            if (!_held && _time.GetElapsedTime(_lastTry) >= s_betweenTries)
            {
                Volatile.Write(ref _held, TryTake());
                _lastTry = _time.GetTimestamp();
            }

            if (!_held)
            {
                throw new HypervexException(
                    ErrorCode.DiskFull,
                    $"The disk is full: the {_bytes} bytes that {_path} holds in reserve are in use. Reads and deletions go on; records are accepted again when there is room for the reserve.");
            }
        }
    }

    private bool TryTake()
    {
        try
        {
            bool exists = _files.FileExists(_path);
            using IFile file = _files.Open(_path, exists ? OpenMode.ReadWrite : OpenMode.CreateNew);
            if (file.Length != _bytes)
            {
                file.Allocate(0, _bytes + RoomBeside);
                file.SetLength(_bytes);
            }

            return true;
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.DiskFull)
        {
            _files.DeleteFile(_path);
            return false;
        }
    }
}
