using Hypervex.Collections;

namespace Hypervex;

public sealed partial class Database
{
    /// <summary>The collections' names by alias, in ordinal order of the aliases.</summary>
    public IReadOnlyDictionary<string, string> ListAliases()
    {
        _open.ThrowIfClosed();
        return _aliases.List();
    }

    /// <summary>The name of the collection that an alias stands for; any other name is itself.</summary>
    internal string ResolveAlias(string name) => _aliases.Resolve(name);

    /// <summary>
    /// Lets an alias stand for a collection from now on, whatever it stood for before. Everybody who opens a collection by the alias gets the old one or the new one; what was opened before
    /// stays what it is. The change is durable when the call returns.
    /// </summary>
    /// <param name="alias">The alias, of the form of a collection's name, which no collection has.</param>
    /// <param name="collection">The collection's name.</param>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.CollectionNotFound"/>; <see cref="ErrorCode.CollectionExists"/>: a collection has the alias as its name;
    /// <see cref="ErrorCode.LimitOutOfRange"/>: more than <see cref="Limits.MaxAliases"/>.
    /// </exception>
    public void SetAlias(string alias, string collection) => ChangeAliases(new Dictionary<string, string?> { [alias] = collection });

    /// <summary>Drops an alias; <see cref="ErrorCode.NotFound"/> when there is none. The collection stays.</summary>
    public void DropAlias(string alias) => ChangeAliases(new Dictionary<string, string?> { [alias] = null });

    /// <summary>Makes several changes of aliases at once, seen and durable as one: by alias the collection that it is to stand for, or null to drop it.</summary>
    /// <inheritdoc cref="SetAlias" path="/exception"/>
    public void ChangeAliases(IReadOnlyDictionary<string, string?> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        using OperationGate.Pass pass = _gate.Enter(); // the directory's lock is kept until the file is written
        lock (_catalogLock)
        {
            _aliases.Change(changes, _coming.Contains);
        }
    }

    private void CheckHasNoAlias(string name)
    {
        if (_aliases.FirstOf(name) is { } alias)
        {
            throw new HypervexException(ErrorCode.CollectionInUse, $"The alias \"{alias}\" stands for the collection \"{name}\"; let it stand for another one, or drop it, and then drop the collection.");
        }
    }
}
