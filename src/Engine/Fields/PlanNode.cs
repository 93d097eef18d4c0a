using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>A node of a plan. Thread safety: one caller at a time, while no index is changed.</summary>
internal abstract class PlanNode
{
    /// <summary>About how many records match, once prepared.</summary>
    public long Estimate { get; protected set; }

    /// <summary>Pairs of chunks of scratch that matching needs.</summary>
    public abstract int Levels { get; }

    /// <summary>Makes estimates, and orders parts by them.</summary>
    public abstract long PrepareAndEstimate();

    /// <summary>Matches one chunk.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="live">The chunk's live slots.</param>
    /// <param name="yes">Receives what surely matches.</param>
    /// <param name="maybe">Receives what may match; disjoint from the first.</param>
    /// <param name="scratch">At least <see cref="Levels"/> pairs of chunks of words.</param>
    public abstract void Match(int chunk, ReadOnlySpan<ulong> live, Span<ulong> yes, Span<ulong> maybe, Span<ulong> scratch);
}

/// <summary>A condition with an index.</summary>
internal sealed class IndexedNode(FieldMatch match) : PlanNode
{
    public override int Levels => 0;

    public override long PrepareAndEstimate() => Estimate = match.Estimate();

    public override void Match(int chunk, ReadOnlySpan<ulong> live, Span<ulong> yes, Span<ulong> maybe, Span<ulong> scratch) => match.Match(chunk, yes, maybe);
}

/// <summary>A condition without an index: it may hold for every record.</summary>
internal sealed class UnknownNode(ChunkedBits live) : PlanNode
{
    public override int Levels => 0;

    public override long PrepareAndEstimate() => Estimate = live.Count;

    public override void Match(int chunk, ReadOnlySpan<ulong> live, Span<ulong> yes, Span<ulong> maybe, Span<ulong> scratch)
    {
        yes.Clear();
        SlotChunks.Copy(maybe, live);
    }
}

/// <summary>What does not match the child.</summary>
internal sealed class NegationNode(PlanNode child, ChunkedBits all) : PlanNode
{
    public override int Levels => child.Levels;

    public override long PrepareAndEstimate() => Estimate = Math.Max(0, all.Count - child.PrepareAndEstimate());

    public override void Match(int chunk, ReadOnlySpan<ulong> live, Span<ulong> yes, Span<ulong> maybe, Span<ulong> scratch)
    {
        child.Match(chunk, live, yes, maybe, scratch);
        FieldMatch.Negate(yes, maybe, live);
    }
}

/// <summary>All of its parts, or any of them.</summary>
internal sealed class GroupNode(bool isAll, PlanNode[] parts, ChunkedBits all) : PlanNode
{
    public override int Levels => 1 + parts.Select(part => part.Levels).DefaultIfEmpty().Max();

    public override long PrepareAndEstimate()
    {
        foreach (PlanNode part in parts)
        {
            part.PrepareAndEstimate();
        }

        // The fewest first: what is left of all is soon nothing.
        Array.Sort(parts, (left, right) => left.Estimate.CompareTo(right.Estimate));
        return Estimate = isAll
            ? parts.Select(part => part.Estimate).DefaultIfEmpty(all.Count).Min()
            : Math.Min(all.Count, parts.Sum(part => part.Estimate));
    }

    public override void Match(int chunk, ReadOnlySpan<ulong> live, Span<ulong> yes, Span<ulong> maybe, Span<ulong> scratch)
    {
        maybe.Clear();
        if (parts.Length == 0)
        {
            SlotChunks.Copy(yes, live);
            return;
        }

        Span<ulong> partYes = scratch[..yes.Length];
        Span<ulong> partMaybe = scratch.Slice(SlotChunks.Words, yes.Length);
        parts[0].Match(chunk, live, yes, maybe, scratch[(2 * SlotChunks.Words)..]);
        for (int i = 1; i < parts.Length && !(isAll && IsNone(yes, maybe)); i++)
        {
            parts[i].Match(chunk, live, partYes, partMaybe, scratch[(2 * SlotChunks.Words)..]);
            if (isAll)
            {
                Intersect(yes, maybe, partYes, partMaybe);
            }
            else
            {
                SlotChunks.Or(yes, partYes);
                SlotChunks.Or(maybe, partMaybe);
                SlotChunks.AndNot(maybe, yes);
            }
        }
    }

    private static void Intersect(Span<ulong> yes, Span<ulong> maybe, ReadOnlySpan<ulong> otherYes, ReadOnlySpan<ulong> otherMaybe)
    {
        for (int i = 0; i < yes.Length; i++)
        {
            ulong both = yes[i] & otherYes[i];
            maybe[i] = (yes[i] | maybe[i]) & (otherYes[i] | otherMaybe[i]) & ~both;
            yes[i] = both;
        }
    }

    private static bool IsNone(ReadOnlySpan<ulong> yes, ReadOnlySpan<ulong> maybe) => !yes.ContainsAnyExcept(0UL) && !maybe.ContainsAnyExcept(0UL);
}

/// <summary>Makes the nodes of a filter's tree.</summary>
internal sealed class PlanBuilder(FieldIndexes indexes, ChunkedBits live)
{
    public PlanNode Build(FilterNode node)
    {
        switch (node)
        {
            case FilterCondition condition:
                // A filter that was made before its field was declared to hold dates, or after, means something else than this index.
                return indexes.FindReady(condition.Field.Name) is { } index && condition.IsOnDates == (index.Type == FieldIndexType.Datetime)
                    ? new IndexedNode(index.Values.Prepare(condition))
                    : new UnknownNode(live);
            case FilterNegation negation:
                return new NegationNode(Build(negation.Child), live);
            default:
                var group = (FilterGroup)node;
                return new GroupNode(group.IsAll, [.. group.Children.Select(Build)], live);
        }
    }
}
