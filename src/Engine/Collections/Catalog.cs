using System.Buffers;
using System.Text.Json;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The content of <c>database.json</c> (docs/formats/database.md): which collections there are, by name, and their aliases. Each change is durable when
/// the call returns. Thread safety: the database's lock.
/// </summary>
internal sealed class Catalog
{
    private const string Kind = "database";
    private readonly IFileSystem _files;
    private readonly string _root;
    private readonly SortedDictionary<string, ulong> _collections = new(StringComparer.Ordinal);
    private readonly SortedSet<ulong> _dropped = [];
    private SortedDictionary<string, string> _aliases = new(StringComparer.Ordinal);

    private Catalog(IFileSystem files, string root, ulong node)
    {
        _files = files;
        _root = root;
        Node = node;
    }

    /// <summary>This node's id in record versions.</summary>
    public ulong Node { get; private set; }

    public IEnumerable<string> Names => _collections.Keys;

    /// <summary>The collections' names by alias.</summary>
    public IReadOnlyDictionary<string, string> Aliases => _aliases;

    public bool TryGet(string name, out ulong id) => _collections.TryGetValue(name, out id);

    /// <summary>Opens the catalog of a directory, or starts one; finishes what a crash interrupted.</summary>
    public static Catalog Open(IFileSystem files, string root)
    {
        string path = DatabasePaths.DatabaseFile(root);
        byte[]? content = CheckedFile.Read(files, path, Kind, out string? damage);
        string collections = DatabasePaths.Collections(root);
        if (content is null && files.DirectoryExists(collections) && files.ListDirectories(collections).Count > 0)
        {
            throw StorageErrors.Damaged(path, 0, "the file is missing, but there are collections. Restore it from a backup; a collection's own name stands in its collection.json.");
        }

        var catalog = new Catalog(files, root, Log.NewNonce());
        if (content is null)
        {
            files.CreateDirectory(collections);
            catalog.Save();
        }
        else
        {
            catalog.Load(path, content);
        }

        catalog.FinishRestores();
        if (damage is not null)
        {
            catalog.AdoptUnlisted();
            catalog.Save();
        }
        else
        {
            catalog.SweepUnfinished();
        }

        catalog.SweepDropped();
        return catalog;
    }

    /// <summary>Reads the names without changing anything; null when neither the file nor its previous copy can be read.</summary>
    /// <param name="files">Where the file is.</param>
    /// <param name="root">The data directory.</param>
    /// <param name="damage">What was wrong with the file, else null.</param>
    public static SortedDictionary<string, ulong>? TryReadNames(IFileSystem files, string root, out string? damage)
    {
        string path = DatabasePaths.DatabaseFile(root);
        try
        {
            byte[]? content = CheckedFile.Read(files, path, Kind, out damage);
            if (content is null)
            {
                return null;
            }

            var catalog = new Catalog(files, root, 0);
            catalog.Load(path, content);
            return catalog._collections;
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Damaged)
        {
            damage = exception.Message;
            return null;
        }
    }

    /// <summary>What is wrong with the previous copy; null when it checks, or there is none.</summary>
    public static string? InspectPrevious(IFileSystem files, string root) => CheckedFile.InspectPrevious(files, DatabasePaths.DatabaseFile(root), Kind);

    /// <summary>Writes the previous copy anew, as the file is.</summary>
    public static void MendPrevious(IFileSystem files, string root)
    {
        string path = DatabasePaths.DatabaseFile(root);
        CheckedFile.Mend(files, path + DatabasePaths.PreviousSuffix, Kind, CheckedFile.Read(files, path, Kind, out _));
    }

    /// <summary>Writes the file anew with these collections, keeping the node's id if it can be read.</summary>
    public static void Write(IFileSystem files, string root, SortedDictionary<string, ulong> collections)
    {
        string path = DatabasePaths.DatabaseFile(root);
        var catalog = new Catalog(files, root, Log.NewNonce());
        if (TryReadNames(files, root, out _) is not null && CheckedFile.Read(files, path, Kind, out _) is { } content)
        {
            catalog.Load(path, content);
        }

        foreach ((string name, ulong id) in collections)
        {
            catalog._collections[name] = id;
            catalog._aliases.Remove(name); // what describes itself wins
        }

        catalog.Save();
        catalog.Save(); // the previous copy too
    }

    /// <summary>Checks the file as it stands, and writes it anew when it does not check; says how many bytes were read.</summary>
    public long Scrub(ScrubTally tally) => ScrubOfDescription.Run(_files, DatabasePaths.DatabaseFile(_root), Kind, () => Content().ToArray(), tally);

    /// <summary>An id that no collection has or had.</summary>
    public ulong NewId()
    {
        ulong id;
        do
        {
            id = Log.NewNonce();
        }
        while (_collections.ContainsValue(id) || _dropped.Contains(id));
        return id;
    }

    /// <summary>Adds a collection whose directory is durable already.</summary>
    public void Add(string name, ulong id)
    {
        _collections.Add(name, id);
        try
        {
            Save();
        }
        catch
        {
            _collections.Remove(name);
            throw;
        }
    }

    /// <summary>Marks a directory as that of a collection being restored: until it is named here, it is none.</summary>
    public void BeginRestore(ulong id)
    {
        string directory = DatabasePaths.Collection(_root, id);
        _files.CreateDirectory(directory);
        using (IFile marker = _files.Open(DatabasePaths.RestoreMarker(directory), OpenMode.CreateNew))
        {
            marker.Sync();
        }

        _files.SyncDirectory(directory);
        _files.SyncDirectory(DatabasePaths.Collections(_root));
    }

    /// <summary>Takes the mark of <see cref="BeginRestore"/> away from a collection that is named here.</summary>
    public void EndRestore(ulong id)
    {
        string directory = DatabasePaths.Collection(_root, id);
        string marker = DatabasePaths.RestoreMarker(directory);
        if (_files.FileExists(marker))
        {
            _files.DeleteFile(marker);
            _files.SyncDirectory(directory);
        }
    }

    /// <summary>Replaces all aliases at once.</summary>
    public void ReplaceAliases(SortedDictionary<string, string> aliases)
    {
        SortedDictionary<string, string> before = _aliases;
        _aliases = aliases;
        try
        {
            Save();
        }
        catch
        {
            _aliases = before;
            throw;
        }
    }

    /// <summary>Takes a collection out and removes its directory.</summary>
    public void Drop(string name)
    {
        ulong id = _collections[name];
        _collections.Remove(name);
        _dropped.Add(id);
        try
        {
            Save();
        }
        catch
        {
            _dropped.Remove(id);
            _collections.Add(name, id);
            throw;
        }

        SweepDropped();
    }

    private void SweepDropped()
    {
        if (_dropped.Count == 0)
        {
            return;
        }

        KillPoint.Hit(KillPlace.DropAfterCatalog);
        foreach (ulong id in _dropped)
        {
            _files.DeleteDirectory(DatabasePaths.Collection(_root, id));
        }

        _files.SyncDirectory(DatabasePaths.Collections(_root));
        KillPoint.Hit(KillPlace.DropAfterDelete);
        _dropped.Clear();
        Save();
    }

    /// <summary>A collection that was being restored is whole when it is named here; else it goes, since it was never acknowledged.</summary>
    private void FinishRestores()
    {
        foreach (ulong id in _collections.Values)
        {
            EndRestore(id);
        }

        foreach (ulong id in Unlisted())
        {
            string directory = DatabasePaths.Collection(_root, id);
            if (_files.FileExists(DatabasePaths.RestoreMarker(directory)))
            {
                _files.DeleteDirectory(directory);
            }
        }
    }

    /// <summary>The previous copy of a damaged file may miss the newest collection, whose directory describes itself.</summary>
    private void AdoptUnlisted()
    {
        foreach (ulong id in Unlisted())
        {
            if (CollectionSchema.Load(_files, DatabasePaths.Collection(_root, id)) is { } schema)
            {
                _collections.TryAdd(schema.Name, id);
                _aliases.Remove(schema.Name); // an alias of the previous copy, dropped since: the name is a collection's
            }
        }
    }

    /// <summary>
    /// A creation that was interrupted leaves a directory that nothing was ever written to. It goes before another collection of its name
    /// can come, with which it could be confused when this file is damaged.
    /// </summary>
    private void SweepUnfinished()
    {
        foreach (ulong id in Unlisted())
        {
            if (!WasWritten(id))
            {
                _files.DeleteDirectory(DatabasePaths.Collection(_root, id));
            }
        }
    }

    private List<ulong> Unlisted()
    {
        var unlisted = new List<ulong>();
        HashSet<ulong> listed = [.. _collections.Values, .. _dropped];
        foreach (string name in _files.ListDirectories(DatabasePaths.Collections(_root)))
        {
            if (DatabasePaths.TryParseHex(name, out ulong id) && !listed.Contains(id))
            {
                unlisted.Add(id);
            }
        }

        return unlisted;
    }

    private bool WasWritten(ulong id)
    {
        string log = DatabasePaths.Logs(DatabasePaths.Partition(DatabasePaths.Collection(_root, id), 0));
        if (!_files.DirectoryExists(log))
        {
            return false;
        }

        foreach (string name in _files.ListFiles(log))
        {
            using IFile file = _files.Open(Path.Combine(log, name), OpenMode.Read);
            if (file.Length > SegmentHeader.Size)
            {
                return true;
            }
        }

        return false;
    }

    private void Load(string path, byte[] content)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            JsonElement root = document.RootElement;
            Node = ParseId(root.GetProperty("node"));
            foreach (JsonProperty entry in root.GetProperty("collections").EnumerateObject())
            {
                _collections.Add(entry.Name, ParseId(entry.Value));
            }

            foreach (JsonElement id in root.GetProperty("dropped").EnumerateArray())
            {
                _dropped.Add(ParseId(id));
            }

            LoadAliases(root);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new HypervexException(ErrorCode.Damaged, $"{path} checks, but is not a database's description.", exception);
        }
    }

    // A file of the time before aliases has none.
    private void LoadAliases(JsonElement root)
    {
        if (!root.TryGetProperty("aliases", out JsonElement aliases))
        {
            return;
        }

        foreach (JsonProperty entry in aliases.EnumerateObject())
        {
            string collection = entry.Value.GetString() ?? throw new FormatException();
            if (_collections.ContainsKey(entry.Name) || !_collections.ContainsKey(collection))
            {
                throw new FormatException();
            }

            _aliases.Add(entry.Name, collection);
        }
    }

    private static ulong ParseId(JsonElement element) =>
        DatabasePaths.TryParseHex(element.GetString(), out ulong id) ? id : throw new FormatException();

    private void Save() => CheckedFile.Replace(_files, DatabasePaths.DatabaseFile(_root), Kind, Content());

    private ReadOnlySpan<byte> Content()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("node", DatabasePaths.Hex(Node));
            json.WriteStartObject("collections");
            foreach ((string name, ulong id) in _collections)
            {
                json.WriteString(name, DatabasePaths.Hex(id));
            }

            json.WriteEndObject();
            json.WriteStartArray("dropped");
            foreach (ulong id in _dropped)
            {
                json.WriteStringValue(DatabasePaths.Hex(id));
            }

            json.WriteEndArray();
            if (_aliases.Count > 0)
            {
                json.WriteStartObject("aliases");
                foreach ((string alias, string collection) in _aliases)
                {
                    json.WriteString(alias, collection);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }
}
