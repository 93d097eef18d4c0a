namespace Hypervex.Collections;

/// <summary>
/// The collections of a database that are open, by name, and those that are being opened, closed, created or dropped: one thread at a time does
/// that for a name, without a lock, so that a long replay holds up nobody but those who ask for the same collection.
/// Invariant: an entry that is not settled belongs to the thread that put it there. Thread safety: all members.
/// </summary>
internal sealed class OpenCollections
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private bool _closed;

    /// <summary>What a change leaves behind: the collection that is open afterwards (null: none), and the answer to its caller.</summary>
    internal readonly record struct Outcome<T>(Collection? Open, T Answer);

    private sealed class Entry
    {
        private readonly TaskCompletionSource<Collection?> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsSettled => _settled.Task.IsCompleted;

        public void Settle(Collection? collection) => _settled.SetResult(collection);

        public void Fail(HypervexException exception)
        {
            _settled.SetException(exception);
            _ = _settled.Task.Exception; // observed: perhaps nobody waits
        }

        /// <summary>The collection; null when the name must be looked up anew.</summary>
        public Collection? Wait()
        {
            try
            {
                return _settled.Task.GetAwaiter().GetResult();
            }
            catch (HypervexException exception)
            {
                throw new HypervexException(exception.Code, exception.Message, exception); // one exception object a caller
            }
        }
    }

    /// <summary>
    /// The collection of a name, opened by the first who asks; the others wait for that opening, and are told when it fails. Whoever asks after
    /// that tries again.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="open">Opens it; null when there is no such collection.</param>
    public Collection? GetOrOpen(string name, Func<Collection?> open)
    {
        while (true)
        {
            Entry? entry;
            bool mine = false;
            lock (_lock)
            {
                ThrowIfClosed();
                if (!_entries.TryGetValue(name, out entry))
                {
                    _entries.Add(name, entry = new Entry());
                    mine = true;
                }
            }

            if (mine)
            {
                return Settle(name, entry, () => open() is var opened ? new Outcome<Collection?>(opened, opened) : default, tellsFailure: true);
            }

            if (entry.Wait() is { } collection)
            {
                return collection;
            }
        }
    }

    /// <summary>Runs a change of a name while nobody else opens, closes or changes it.</summary>
    /// <param name="name">The name.</param>
    /// <param name="change">Gets the collection, if it is open. When it throws, the collection counts as closed.</param>
    public T Change<T>(string name, Func<Collection?, Outcome<T>> change)
    {
        while (true)
        {
            Entry? before;
            Entry? mine = null;
            lock (_lock)
            {
                ThrowIfClosed();
                if (!_entries.TryGetValue(name, out before) || before.IsSettled)
                {
                    _entries[name] = mine = new Entry();
                }
            }

            Collection? collection = WaitQuietly(before);
            if (mine is not null)
            {
                return Settle(name, mine, () => change(collection), tellsFailure: false);
            }
        }
    }

    /// <summary>Refuses what comes from now on, waits for what is under way, and closes everything.</summary>
    /// <param name="patience">Ends when there is no more time for last checkpoints.</param>
    public void CloseAll(CancellationToken patience)
    {
        List<Entry> entries;
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            entries = [.. _entries.Values];
        }

        foreach (Entry entry in entries)
        {
            WaitQuietly(entry)?.Close(patience);
        }
    }

    /// <summary>The collections that are open now.</summary>
    public List<Collection> Snapshot()
    {
        lock (_lock)
        {
            return [.. _entries.Values.Where(entry => entry.IsSettled).Select(WaitQuietly).OfType<Collection>()];
        }
    }

    public void ThrowIfClosed()
    {
        if (Volatile.Read(ref _closed))
        {
            throw new HypervexException(ErrorCode.Closed, "The database is closed.");
        }
    }

    private static Collection? WaitQuietly(Entry? entry)
    {
        try
        {
            return entry?.Wait();
        }
        catch (HypervexException)
        {
            return null; // whoever asked for it has been told
        }
    }

    private T Settle<T>(string name, Entry entry, Func<Outcome<T>> work, bool tellsFailure)
    {
        try
        {
            Outcome<T> outcome = work();
            if (outcome.Open is null)
            {
                Remove(name);
            }

            entry.Settle(outcome.Open);
            return outcome.Answer;
        }
        catch (Exception exception)
        {
            Remove(name);
            if (tellsFailure && exception is HypervexException known)
            {
                entry.Fail(known);
            }
            else
            {
                entry.Settle(null);
            }

            throw;
        }
    }

    private void Remove(string name)
    {
        lock (_lock)
        {
            _entries.Remove(name);
        }
    }
}
