using System.Collections.Frozen;
using System.Globalization;

namespace Hypervex.Collections;

/// <summary>
/// Second names of collections, as <c>database.json</c> holds them. A change is seen when it is durable, and then wholly: whoever asks sees all of it or nothing.
/// Invariants: an alias is no collection's name, nor that of one being made; it stands for a collection that exists, and not for an alias.
/// Thread safety: reading from any thread; changes under the lock of the catalog.
/// </summary>
internal sealed class Aliases(Catalog catalog)
{
    private volatile FrozenDictionary<string, string> _collections = catalog.Aliases.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Stands for the aliases as they are now: another object after each change, so that whoever compares two sees a change that was taken back as well.</summary>
    public object State => _collections;

    /// <summary>The name of the collection that an alias stands for; any other name is itself.</summary>
    public string Resolve(string name) => _collections.GetValueOrDefault(name, name);

    /// <summary>All of them, by alias in ordinal order.</summary>
    public IReadOnlyDictionary<string, string> List() => new SortedDictionary<string, string>(_collections, StringComparer.Ordinal);

    /// <summary>An alias of a collection; null when it has none.</summary>
    public string? FirstOf(string collection) => _collections.Where(pair => pair.Value == collection).Select(pair => pair.Key).Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>Makes several changes at once.</summary>
    /// <param name="changes">By alias: the collection that it is to stand for, or null to drop it.</param>
    /// <param name="isComing">Whether a collection with a name is being made.</param>
    public void Change(IReadOnlyDictionary<string, string?> changes, Func<string, bool> isComing)
    {
        var next = new SortedDictionary<string, string>(_collections, StringComparer.Ordinal);
        foreach ((string alias, string? collection) in changes)
        {
            Names.CheckCollection(alias);
            if (collection is null)
            {
                _ = next.Remove(alias) ? alias : throw NotFound(alias);
            }
            else
            {
                CheckIsFree(alias, isComing);
                CheckTarget(collection);
                next[alias] = collection;
            }
        }

        if (next.Count > Limits.MaxAliases)
        {
            throw new HypervexException(
                ErrorCode.LimitOutOfRange,
                string.Create(CultureInfo.InvariantCulture, $"The database would have {next.Count} aliases, at most {Limits.MaxAliases} are allowed; drop some first."));
        }

        catalog.ReplaceAliases(next);
        _collections = next.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static HypervexException NotFound(string alias) => new(ErrorCode.NotFound, $"There is no alias \"{alias}\".");

    private void CheckIsFree(string alias, Func<string, bool> isComing)
    {
        if (catalog.TryGet(alias, out _) || isComing(alias))
        {
            throw new HypervexException(ErrorCode.CollectionExists, $"\"{alias}\" is the name of a collection, and a name means one thing; choose another alias.");
        }
    }

    private void CheckTarget(string collection)
    {
        Names.CheckCollection(collection);
        if (!catalog.TryGet(collection, out _))
        {
            throw new HypervexException(
                ErrorCode.CollectionNotFound,
                _collections.TryGetValue(collection, out string? target)
                    ? $"\"{collection}\" is an alias; an alias stands for a collection, so name \"{target}\"."
                    : $"There is no collection \"{collection}\" that an alias could stand for.");
        }
    }
}
