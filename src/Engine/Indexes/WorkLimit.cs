using System.Runtime.CompilerServices;

namespace Hypervex.Indexes;

/// <summary>How long a walk may go on: a number of distances, and a token that is looked at now and then.</summary>
internal struct WorkLimit(long maxDistances, CancellationToken cancellationToken)
{
    private const int DistancesBetweenChecks = 1024;

    private readonly CancellationToken _cancellationToken = cancellationToken;
    private readonly long _all = maxDistances <= 0 ? long.MaxValue : maxDistances;
    private long _left = maxDistances <= 0 ? long.MaxValue : maxDistances;
    private int _unchecked;

    /// <summary>Whether the walk may go on.</summary>
    public readonly bool IsLeft => _left > 0;

    /// <summary>Distances counted so far.</summary>
    public readonly long Spent => _all - _left;

    /// <summary>Counts the distances of one part of a scan, unless they are more than are left.</summary>
    /// <returns>Whether they may be computed.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySpend(int distances)
    {
        if (distances > _left)
        {
            return false;
        }

        Spend(distances);
        return true;
    }

    /// <summary>Counts the distances of one step.</summary>
    /// <returns>Whether the walk may go on.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Spend(int distances)
    {
        _left -= distances;
        _unchecked += distances;
        if (_unchecked >= DistancesBetweenChecks)
        {
            _unchecked = 0;
            _cancellationToken.ThrowIfCancellationRequested();
        }

        return _left > 0;
    }
}
