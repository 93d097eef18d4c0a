using System.Buffers;
using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// Finds the slots that match a filter, by indexes: those that surely match, and those whose record decides because a condition has no index, or a
/// value is of a kind that its index does not take. The logic is that of three values (S. C. Kleene, 1952), on two sets of bits a chunk.
/// Thread safety: one caller at a time; the indexes may be changed meanwhile.
/// </summary>
internal sealed class FilterPlan
{
    private readonly FieldIndexes _indexes;
    private readonly int _generation;
    private readonly ReaderWriterLockSlim _changing;
    private readonly PlanNode _root;
    private readonly ChunkedBits _live;

    private FilterPlan(FieldIndexes indexes, int generation, ReaderWriterLockSlim changing, PlanNode root, ChunkedBits live, long estimate)
    {
        _indexes = indexes;
        _generation = generation;
        _changing = changing;
        _root = root;
        _live = live;
        EstimatedMatches = estimate;
    }

    /// <summary>About how many records match, before any was looked at.</summary>
    public long EstimatedMatches { get; }

    /// <summary>A plan; null when no condition has an index that is ready.</summary>
    public static FilterPlan? Create(FieldIndexes indexes, ReaderWriterLockSlim changing, Filter filter, List<string>? warnings)
    {
        ChunkedBits? live = null;
        int generation = indexes.Generation;
        foreach (string name in filter.FieldNames)
        {
            if (indexes.FindReady(name) is { } index)
            {
                live ??= index.Values.Live;
            }
            else
            {
                warnings?.Add(Warning(indexes, name));
            }
        }

        if (live is null)
        {
            return null;
        }

        var builder = new PlanBuilder(indexes, live);
        PlanNode root = builder.Build(filter.Root); // values are looked for without holding writers up
        changing.EnterReadLock();
        try
        {
            return new FilterPlan(indexes, generation, changing, root, live, root.PrepareAndEstimate());
        }
        finally
        {
            changing.ExitReadLock();
        }
    }

    /// <summary>Matches all slots below a number.</summary>
    /// <param name="yes">Receives the slots that surely match: a bit each.</param>
    /// <param name="maybe">Receives the slots whose record decides; of the same length.</param>
    /// <param name="nowMs">What has expired by then, in milliseconds since the Unix epoch, does not surely match.</param>
    /// <param name="cancellationToken">Looked at between two chunks.</param>
    /// <returns>False when an index was dropped meanwhile: make another plan.</returns>
    public bool TryMatch(Span<ulong> yes, Span<ulong> maybe, long nowMs, CancellationToken cancellationToken)
    {
        int levels = _root.Levels;
        ulong[] scratch = ArrayPool<ulong>.Shared.Rent(levels * 2 * SlotChunks.Words);
        try
        {
            for (int chunk = 0; chunk * SlotChunks.Words < yes.Length; chunk++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int first = chunk * SlotChunks.Words;
                int words = Math.Min(SlotChunks.Words, yes.Length - first);
                _changing.EnterReadLock();
                try
                {
                    _root.Match(chunk, _live.Chunk(chunk), yes.Slice(first, words), maybe.Slice(first, words), scratch);
                    _indexes.Expiries.Exclude(chunk, nowMs, yes.Slice(first, words));
                }
                finally
                {
                    _changing.ExitReadLock();
                }
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(scratch);
        }

        return _indexes.Generation == _generation;
    }

    private static string Warning(FieldIndexes indexes, string name)
    {
        BuiltIndex? index = indexes.All.FirstOrDefault(one => one.Values.Field == name);
        return index switch
        {
            null => $"The field \"{name}\" has no index: records are read to decide about it. Create a field index.",
            { Problem: { } problem } => $"The index of the field \"{name}\" could not be built: {problem} Records are read instead.",
            _ => $"The index of the field \"{name}\" is still being built: records are read until it is ready.",
        };
    }
}
