namespace Hypervex.Collections;

/// <summary>
/// Some of the latest queries of a field, float32[64, dimension], in memory only: what users ask for may lie elsewhere than
/// what they store. Every query is kept until the ring is full, then one in sixteen. Thread safety: all members; a caller who
/// would have to wait is passed over.
/// </summary>
internal sealed class RecentQueries(int dimension)
{
    private const int Capacity = 64;
    private const int OneIn = 16;

    private readonly Lock _lock = new();
    private float[]? _queries;
    private long _kept;
    private long _seen;

    /// <summary>Queries that <see cref="Copy"/> would return.</summary>
    public int Count => (int)Math.Min(Volatile.Read(ref _kept), Capacity);

    /// <summary>Queries offered so far.</summary>
    public long Seen => Volatile.Read(ref _seen);

    /// <summary>Keeps a copy of a prepared query, or not.</summary>
    public void Offer(ReadOnlySpan<float> query)
    {
        long seen = Interlocked.Increment(ref _seen);
        if ((seen > Capacity && seen % OneIn != 0) || !_lock.TryEnter())
        {
            return;
        }

        try
        {
            _queries ??= new float[Capacity * dimension];
            query.CopyTo(_queries.AsSpan((int)(_kept % Capacity) * dimension, dimension));
            Volatile.Write(ref _kept, _kept + 1);
        }
        finally
        {
            _lock.Exit();
        }
    }

    /// <summary>A copy: float32[<see cref="Count"/>, dimension].</summary>
    public float[] Copy()
    {
        lock (_lock)
        {
            return _queries is null ? [] : _queries[..(Count * dimension)];
        }
    }
}
