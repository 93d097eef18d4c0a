using Hypervex.Indexes;

namespace Hypervex.Collections;

/// <summary>
/// Codes that nobody will begin to walk by any more, until the last scratch that was rented before has come back: then they are freed.
/// Thread safety: <see cref="Bytes"/> from any thread, all others by one at a time.
/// </summary>
internal sealed class RetiredCodes(HnswGraph graph, ScratchPool scratchPool) : IDisposable
{
    private readonly List<(ICodeWalker Walker, long Epoch)> _walkers = [];
    private long _bytes;

    /// <summary>Bytes that they take; above 0 while there are any.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Takes over codes that no walk can begin by.</summary>
    public void Add(ICodeWalker walker)
    {
        _walkers.Add((walker, scratchPool.Advance()));
        Count();
    }

    /// <summary>Frees those that nobody walks by any more; whether any were.</summary>
    public bool Free()
    {
        int before = _walkers.Count;
        for (int i = _walkers.Count - 1; i >= 0; i--)
        {
            if (scratchPool.HasPassed(_walkers[i].Epoch))
            {
                _walkers[i].Walker.Dispose();
                _walkers.RemoveAt(i);
            }
        }

        Count();
        return _walkers.Count < before;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((ICodeWalker walker, _) in _walkers)
        {
            walker.Dispose();
        }
    }

    private void Count() => Volatile.Write(ref _bytes, _walkers.Sum(each => each.Walker.BytesPerRow * Math.Max(1, (long)graph.SlotCount)));
}
