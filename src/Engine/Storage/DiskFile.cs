using Microsoft.Win32.SafeHandles;

namespace Hypervex.Storage;

/// <summary>
/// A file of the operating system, opened so that this process may rename and delete it meanwhile. Its handle may be taken away while nobody
/// needs it (<see cref="FileHandles"/>) and is opened again by name.
/// Invariants: (1) without a handle, everything written is synced; (2) once the name may stand for another file, the handle stays.
/// Thread safety: all members; reads take no lock: one that meets a handle that is being closed opens the next.
/// </summary>
internal sealed class DiskFile : IFile
{
    private const int TooManyInProcess = 24;
    private const int TooManyInSystem = 23;
    private const int TooManyWindows = 4;

    private readonly Lock _lock = new();
    private readonly FileHandles _handles;
    private readonly FileAccess _access;
    private SafeFileHandle? _handle;
    private HypervexException? _syncFailure;
    private long _writes;
    private long _synced;
    private int _writing;
    private bool _pinned;
    private bool _disposed;

    public DiskFile(string path, OpenMode mode, FileHandles handles)
    {
        Path = path;
        _handles = handles;
        _access = mode == OpenMode.Read ? FileAccess.Read : FileAccess.ReadWrite;
        _writes = mode is OpenMode.CreateNew or OpenMode.CreatePrivate ? 1 : 0;
        if (mode == OpenMode.CreatePrivate)
        {
            CreatePrivate(path);
        }

        _handle = OpenHandle(mode == OpenMode.CreateNew ? FileMode.CreateNew : FileMode.Open);
        Touch();
        handles.Register(this);
        handles.Trim();
    }

    public string Path { get; }

    /// <summary>When it was used last, in milliseconds of the system's counter.</summary>
    public long LastUse { get; private set; }

    public long Length
    {
        get
        {
            while (true)
            {
                try
                {
                    return RandomAccess.GetLength(Handle());
                }
                catch (ObjectDisposedException) when (!Volatile.Read(ref _disposed))
                {
                }
            }
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        int total = 0;
        try
        {
            while (total < buffer.Length)
            {
                int read;
                try
                {
                    read = RandomAccess.Read(Handle(), buffer[total..], offset + total);
                }
                catch (ObjectDisposedException) when (!Volatile.Read(ref _disposed))
                {
                    continue;
                }

                if (read == 0)
                {
                    break;
                }

                total += read;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, Path, "read");
        }

        return total;
    }

    public void Write(ReadOnlySpan<byte> buffer, long offset)
    {
        SafeFileHandle handle = BeginWrite();
        try
        {
            RandomAccess.Write(handle, buffer, offset);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, Path, "write");
        }
        finally
        {
            EndWrite();
        }
    }

    public void Sync()
    {
        SafeFileHandle handle;
        long writes;
        bool covers;
        lock (_lock)
        {
            if (_syncFailure is { } earlier)
            {
                throw new HypervexException(earlier.Code, earlier.Message, earlier);
            }

            handle = HandleUnderLock();
            _writing++; // keeps the handle
            writes = _writes;
            covers = _writing == 1;
        }

        try
        {
            DurableSync.File(handle, Path);
        }
        catch (HypervexException exception)
        {
            _syncFailure = exception;
            throw;
        }
        finally
        {
            EndWrite();
        }

        lock (_lock)
        {
            _synced = covers ? Math.Max(_synced, writes) : _synced;
        }
    }

    public void SetLength(long length)
    {
        SafeFileHandle handle = BeginWrite();
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, Path, "set the length of");
        }
        finally
        {
            EndWrite();
        }
    }

    public void Allocate(long offset, long length)
    {
        SafeFileHandle handle = BeginWrite();
        try
        {
            SpaceAllocation.Allocate(handle, Path, offset, length);
        }
        finally
        {
            EndWrite();
        }
    }

    public bool TryRelease(long offset, long length)
    {
        SafeFileHandle handle = BeginWrite();
        try
        {
            return SpaceAllocation.TryRelease(handle, Path, offset, length);
        }
        finally
        {
            EndWrite();
        }
    }

    public IMapping Map(long length)
    {
        lock (_lock)
        {
            return new DiskMapping(HandleUnderLock(), length); // outlives the handle
        }
    }

    /// <summary>Keeps the handle from now on, because the file's name is about to go.</summary>
    public void Pin()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                HandleUnderLock();
                _pinned = true;
            }
        }
    }

    /// <summary>Closes the handle, if nothing is lost by it; passes over a file that is being used.</summary>
    /// <param name="mayBeUnsynced">Sync what was written first. When that fails the handle stays, and the next sync says so.</param>
    public void TryLetGo(bool mayBeUnsynced)
    {
        if (!_lock.TryEnter())
        {
            return;
        }

        try
        {
            if (_handle is null || _pinned || _writing > 0 || _syncFailure is not null)
            {
                return;
            }

            if (_writes != _synced)
            {
                if (!mayBeUnsynced)
                {
                    return;
                }

                try
                {
                    DurableSync.File(_handle, Path);
                    _synced = _writes;
                }
                catch (HypervexException exception)
                {
                    _syncFailure = exception;
                    return;
                }
            }

            CloseUnderLock();
        }
        finally
        {
            _lock.Exit();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            Volatile.Write(ref _disposed, true);
            CloseUnderLock();
        }

        _handles.Unregister(this);
    }

    private SafeFileHandle BeginWrite()
    {
        SafeFileHandle handle;
        lock (_lock)
        {
            handle = HandleUnderLock();
            _writes++;
            _writing++;
        }

        return handle;
    }

    private void EndWrite()
    {
        lock (_lock)
        {
            _writing--;
        }
    }

    private SafeFileHandle Handle()
    {
        Touch();
        if (Volatile.Read(ref _handle) is { } open)
        {
            return open;
        }

        SafeFileHandle handle;
        lock (_lock)
        {
            handle = HandleUnderLock();
        }

        _handles.Trim();
        return handle;
    }

    private SafeFileHandle HandleUnderLock()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Touch();
        return _handle ??= Reopen();
    }

    private SafeFileHandle Reopen()
    {
        try
        {
            return OpenHandle(FileMode.Open);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.From(exception, Path, "open");
        }
    }

    private SafeFileHandle OpenHandle(FileMode mode)
    {
        while (true)
        {
            try
            {
                SafeFileHandle handle = File.OpenHandle(Path, mode, _access, FileShare.ReadWrite | FileShare.Delete);
                _handles.Opened();
                return handle;
            }
            catch (IOException exception) when (IsTooMany(exception) && _handles.TrimHard())
            {
                // Others have lost theirs: there is one for this file now.
            }
        }
    }

    // The mode is given to the call that creates the file: changed afterwards, there would be a moment in which others can open it.
    private static void CreatePrivate(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        new FileStream(path, options).Dispose();
    }

    private static bool IsTooMany(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xFFFF) == TooManyWindows
        : exception.HResult is TooManyInProcess or TooManyInSystem;

    private void CloseUnderLock()
    {
        if (_handle is { } handle)
        {
            Volatile.Write(ref _handle, null);
            handle.Dispose(); // the system closes it when the last read that holds it has ended
            _handles.Closed();
        }
    }

    private void Touch() => LastUse = Environment.TickCount64;
}
