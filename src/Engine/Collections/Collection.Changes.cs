using System.Runtime.CompilerServices;
using Hypervex.Collections;

namespace Hypervex;

public sealed partial class Collection
{
    /// <summary>The position behind all changes of now that are durable: where a watch begins that wants none of them.</summary>
    public ChangePosition LatestPosition
    {
        get
        {
            using OperationGate.Pass pass = _gate.Enter();
            return ChangeReader.Latest(_partition);
        }
    }

    /// <summary>
    /// Tells of the changes of the collection from a position on, first those that there have been, then each as it comes, without end. A change is told once it is durable (one that was written with a weaker
    /// durability is made so, within <see cref="DatabaseOptions.BatchInterval"/>), in the order in which changes were made, a batch as a whole or not at all; reads see it already. What was
    /// overwritten or deleted again may be left out: whoever takes in every change has the collection as it is. A record that expires is told of as it was written, and its deletion soon after it has expired.
    /// A slow reader holds up nobody, and holds nothing but its position and a page of changes (1,000, or 1 MB and a record).
    /// </summary>
    /// <param name="from">Where to begin: <see cref="ChangePosition.Beginning"/>, <see cref="LatestPosition"/>, or the <see cref="RecordChange.Position"/> of the last change that was taken in.</param>
    /// <param name="include">What of each record is told.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <returns>The changes.</returns>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.PositionExpired"/>: deletions behind the position are not known any more (<see cref="DatabaseOptions.TombstoneRetention"/>), or the position is none of this collection;
    /// <see cref="ErrorCode.Closed"/>: the collection was closed or dropped; <see cref="ErrorCode.LogFailed"/>, <see cref="ErrorCode.Damaged"/>.
    /// </exception>
    public async IAsyncEnumerable<RecordChange> WatchAsync(ChangePosition from, Include include = Include.All, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ChangeReader reader = ReadChanges(from, include);
        while (true)
        {
            foreach (RecordChange change in reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return change;
            }

            await reader.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads changes page by page.</summary>
    internal ChangeReader ReadChanges(ChangePosition from, Include include) => new(_partition, () => Schema, _gate, _options, from, include);
}
