using System.IO.Compression;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// The bytes of a data file from the beginning to the end, unpacked when its name ends in <c>.gz</c>. Failures of the file
/// system and damaged gzip data become <see cref="DataFileException"/>. That a gzip file is cut off is noticed only with the
/// runtime switch System.IO.Compression.UseStrictValidation, which the project file sets.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class FileBytes : Stream
{
    private const int BufferBytes = 1 << 20;
    private readonly Stream _stream;

    private FileBytes(string path, Stream stream, long? fileLength)
    {
        Path = path;
        _stream = stream;
        KnownLength = fileLength;
    }

    /// <summary>The file, as it was named by the caller.</summary>
    public string Path { get; }

    /// <summary>Bytes of the whole content; null when it is compressed.</summary>
    public long? KnownLength { get; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    public static FileBytes Open(string path)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.SequentialScan);
            return IsCompressed(path)
                ? new FileBytes(path, new BufferedStream(new GZipStream(file, CompressionMode.Decompress), BufferBytes), null)
                : new FileBytes(path, file, file.Length);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataFileException(path, null, "a file", "nothing of that name", cause);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new DataFileException(path, null, "a file that can be read", "one that the operating system does not open", cause);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _stream.Read(buffer);
        }
        catch (InvalidDataException cause)
        {
            throw new DataFileException(Path, null, "gzip data", "bytes that gzip did not write, or only a part of them", cause);
        }
        catch (IOException cause)
        {
            throw new DataFileException(Path, null, "a file that can be read", "an error of the device", cause);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    /// <returns>Bytes read; fewer than asked for only at the end of the file.</returns>
    public int ReadFully(Span<byte> buffer) => this.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }
}
