using System.IO.Compression;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// A file in the making: its bytes stand in a file with <c>.partial</c> behind the name until <see cref="Complete"/> renames
/// it; disposing without that removes them. Failures of the file system become <see cref="DataFileException"/>.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private readonly string _partialPath;
    private readonly FileStream _file;
    private readonly Stream _stream;
    private bool _closed;

    public PartialFile(string path)
    {
        Path = path;
        _partialPath = path + ".partial";
        _file = Guard(() => new FileStream(_partialPath, FileMode.Create, FileAccess.Write, FileShare.None, BufferBytes));
        _stream = FileBytes.IsCompressed(path) ? new BufferedStream(new GZipStream(_file, CompressionLevel.Optimal), BufferBytes) : _file;
    }

    /// <summary>The name that the file will have.</summary>
    public string Path { get; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
        }
        catch (IOException cause)
        {
            throw CannotWrite(cause);
        }
    }

    /// <summary>Writes over the beginning of an uncompressed file.</summary>
    public void WriteHeader(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file.Flush();
            RandomAccess.Write(_file.SafeFileHandle, bytes, 0);
        }
        catch (IOException cause)
        {
            throw CannotWrite(cause);
        }
    }

    /// <summary>Closes the file and gives it its name, in place of an older one.</summary>
    public void Complete() => Guard(() =>
    {
        _closed = true;
        _stream.Dispose();
        File.Move(_partialPath, Path, overwrite: true);
        return true;
    });

    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            try
            {
                _stream.Dispose();
            }
            catch (IOException)
            {
                // The disk may be full; what was written goes away in any case.
            }

            File.Delete(_partialPath);
        }
    }

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(cause);
        }
    }

    private DataFileException CannotWrite(Exception cause) => new(
        Path,
        null,
        "a file that can be written, in a directory that exists, on a disk with space",
        "that the operating system refused",
        cause);
}
