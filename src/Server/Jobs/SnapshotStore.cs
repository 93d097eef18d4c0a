using System.Globalization;
using System.Security.Cryptography;
using Hypervex.Collections;
using Hypervex.Server.Json;
using Hypervex.Storage;

namespace Hypervex.Server.Jobs;

/// <summary>
/// The snapshots that a server keeps: <c>snapshots/COLLECTION/NAME.hvsnap</c> in the data directory. A file has its name when it is whole and durable; what a
/// crash leaves of others ends with <c>.tmp</c> and goes before the first one is written.
/// Invariant: it writes only while the database is open, and so nobody else has the directory.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class SnapshotStore(string? root)
{
    private const string Suffix = ".hvsnap";
    private const string UploadSuffix = ".upload" + DatabasePaths.TemporarySuffix;
    private readonly Lock _names = new();
    private readonly DiskFileSystem _files = new();
    private bool _isSwept;

    /// <summary>A name that no snapshot of a collection has.</summary>
    public static string NewName(DateTimeOffset now) =>
        string.Create(CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}{Suffix}");

    /// <summary>The snapshots of a collection, by name.</summary>
    public IReadOnlyList<StoredSnapshot> List(string collection)
    {
        var directory = new DirectoryInfo(DirectoryOf(collection));
        return directory.Exists ? [.. directory.EnumerateFiles("*" + Suffix).Select(StoredSnapshot.Of).OfType<StoredSnapshot>().OrderBy(snapshot => snapshot.Name, StringComparer.Ordinal)] : [];
    }

    /// <summary>The file of a snapshot that is to be written.</summary>
    public string PathOfNew(string collection, string name)
    {
        string directory = DirectoryOf(collection);
        CheckName(name);
        Sweep();
        _files.CreateDirectory(directory);
        return Path.Combine(directory, name);
    }

    /// <summary>The file of a snapshot.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.NotFound"/>.</exception>
    public string PathOf(string collection, string name)
    {
        CheckName(name);
        string path = Path.Combine(DirectoryOf(collection), name);
        return File.Exists(path) ? path : throw NotFound(collection, name);
    }

    /// <summary>Opens a snapshot to read it; it can be read to its end even when it is deleted meanwhile.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.NotFound"/>.</exception>
    public FileStream OpenToRead(string collection, string name)
    {
        try
        {
            return File.OpenRead(PathOf(collection, name));
        }
        catch (FileNotFoundException)
        {
            throw NotFound(collection, name); // deleted a moment ago
        }
    }

    /// <summary>Removes a snapshot.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.NotFound"/>.</exception>
    public void Delete(string collection, string name)
    {
        lock (_names)
        {
            _files.DeleteFile(PathOf(collection, name));
            _files.SyncDirectory(DirectoryOf(collection));
        }
    }

    /// <summary>Takes a snapshot in from a stream: checks all of it, makes it durable, and only then gives it its name.</summary>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.AlreadyExists"/>; <see cref="ErrorCode.BadSnapshot"/>; <see cref="ErrorCode.DiskFull"/>.
    /// </exception>
    public async Task<StoredSnapshot> TakeInAsync(string collection, string name, Stream body, Action confirm, CancellationToken cancellationToken)
    {
        string path = PathOfNew(collection, name);
        CheckIsNew(path, collection, name);
        string temporary = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}{UploadSuffix}";
        try
        {
            using (IFile file = _files.Open(temporary, OpenMode.CreateNew))
            {
                await CopyAsync(body, file, cancellationToken).ConfigureAwait(false);
                confirm();
                SnapshotContents.Check(new FileContent(file), name, progress: null, cancellationToken);
                file.Sync();
            }

            var taken = StoredSnapshot.Of(new FileInfo(temporary))!.Value with { Name = name }; // before it has its name: then anybody may delete it
            lock (_names)
            {
                CheckIsNew(path, collection, name);
                _files.Rename(temporary, path);
            }

            _files.SyncDirectory(DirectoryOf(collection));
            return taken;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private void Sweep()
    {
        lock (_names)
        {
            if (!_isSwept && Directory.Exists(root))
            {
                foreach (string left in Directory.EnumerateFiles(root, "*" + DatabasePaths.TemporarySuffix, SearchOption.AllDirectories))
                {
                    File.Delete(left);
                }
            }

            _isSwept = true;
        }
    }

    private static async Task CopyAsync(Stream body, IFile file, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[256 * 1024];
        long length = 0;
        for (int read; (read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0; length += read)
        {
            file.Write(buffer.AsSpan(0, read), length);
        }
    }

    private static void CheckIsNew(string path, string collection, string name)
    {
        if (File.Exists(path))
        {
            throw new HypervexException(ErrorCode.AlreadyExists, $"The collection \"{collection}\" has a snapshot {JsonPath.Quote(name)} already; delete it first, or choose another name.");
        }
    }

    private static void CheckName(string name)
    {
        bool isRight = name.Length is > 7 and <= 128 && name.EndsWith(Suffix, StringComparison.Ordinal)
            && (char.IsAsciiLetterOrDigit(name[0]) || name[0] == '_') && name.All(unit => char.IsAsciiLetterOrDigit(unit) || unit is '_' or '-' or '.');
        if (!isRight)
        {
            throw new HypervexException(
                ErrorCode.InvalidName, $"{JsonPath.Quote(name)} is no snapshot's name: up to 128 ASCII letters, digits, '_', '-' and '.', the first a letter, digit or '_', and {Suffix} at the end.");
        }
    }

    private static HypervexException NotFound(string collection, string name) =>
        new(ErrorCode.NotFound, $"The collection \"{collection}\" has no snapshot {JsonPath.Quote(name)} here.");

    // A collection's name is checked by its form alone: its snapshots outlive it.
    private string DirectoryOf(string collection)
    {
        Names.CheckCollection(collection);
        return Path.Combine(root ?? throw new HypervexException(ErrorCode.InvalidArgument, "This server keeps its data in memory, and no snapshots; start it with --data."), collection);
    }
}
