namespace Hypervex.Indexes;

/// <summary>
/// Lends <see cref="SearchScratch"/> and tells when everything that was lent at some moment has come back (epoch-based
/// reclamation, Fraser 2004): then nobody holds a node any more that was unreachable at that moment.
/// </summary>
/// <remarks>Thread safety: all members from any thread; <see cref="Dispose"/> when nothing is lent.</remarks>
internal sealed class ScratchPool : IDisposable
{
    private const int Places = 64;

    private readonly Lock _growing = new();

    // Each place in lines of its own (Stripes): a thread mostly finds what it gave back.
    private readonly SearchScratch?[] _idle = new SearchScratch?[(Places + 1) * Stripes.Length];
    private SearchScratch[] _all = [];
    private long _epoch = 1;

    /// <summary>Bytes of all scratch, about: it may be growing.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (SearchScratch scratch in Volatile.Read(ref _all))
            {
                bytes += scratch.Bytes;
            }

            return bytes;
        }
    }

    /// <summary>Lends scratch. Allocates only while more searches run at once than ever before.</summary>
    public SearchScratch Rent()
    {
        SearchScratch scratch = TakeIdle() ?? Create();
        Volatile.Write(ref scratch.Epoch, Volatile.Read(ref _epoch));

        // The epoch must be visible before anything of a graph is read: HasPassed looks the other way round.
        Interlocked.MemoryBarrier();
        return scratch;
    }

    /// <summary>Gives scratch back.</summary>
    public void Return(SearchScratch scratch)
    {
        Volatile.Write(ref scratch.Epoch, 0);
        int start = Environment.CurrentManagedThreadId;
        for (int i = 0; i < Places; i++)
        {
            ref SearchScratch? place = ref _idle[(((start + i) % Places) + 1) * Stripes.Length];
            if (place is null && Interlocked.CompareExchange(ref place, scratch, null) is null)
            {
                return;
            }
        }

        Discard(scratch);
    }

    /// <summary>Begins a new epoch, after everything that the caller has written.</summary>
    public long Advance() => Interlocked.Increment(ref _epoch);

    /// <summary>Whether everything that was lent before an epoch began has come back.</summary>
    public bool HasPassed(long epoch)
    {
        Interlocked.MemoryBarrier();
        foreach (SearchScratch scratch in Volatile.Read(ref _all))
        {
            long begun = Volatile.Read(ref scratch.Epoch);
            if (begun != 0 && begun < epoch)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SearchScratch scratch in _all)
        {
            scratch.Dispose();
        }

        _all = [];
        Array.Clear(_idle);
    }

    private SearchScratch? TakeIdle()
    {
        int start = Environment.CurrentManagedThreadId;
        for (int i = 0; i < Places; i++)
        {
            ref SearchScratch? place = ref _idle[(((start + i) % Places) + 1) * Stripes.Length];
            if (place is not null && Interlocked.Exchange(ref place, null) is { } scratch)
            {
                return scratch;
            }
        }

        return null;
    }

    private void Discard(SearchScratch scratch)
    {
        lock (_growing)
        {
            _all = [.. _all.Where(other => other != scratch)];
        }

        scratch.Dispose();
    }

    private SearchScratch Create()
    {
        var scratch = new SearchScratch();
        lock (_growing)
        {
            _all = [.. _all, scratch];
        }

        return scratch;
    }
}
