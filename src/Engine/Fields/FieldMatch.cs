using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// One condition on an indexed field: chunk by chunk, the slots that surely satisfy it, and those whose record decides. What all kinds of index have in
/// common: existence, negation, arrays as a whole, and values that are not taken.
/// Thread safety: one caller at a time, while the index is not written.
/// </summary>
internal abstract class FieldMatch(ValueIndex index, FilterCondition condition)
{
    private readonly bool _mayEqualArray = condition.Operator switch
    {
        FilterOperator.Equal or FilterOperator.NotEqual => condition.Operand.Kind == MetadataKind.Array,
        FilterOperator.In or FilterOperator.NotIn => ListsArray(condition.Operand),
        _ => false,
    };

    protected ValueIndex Index => index;

    protected FilterCondition Condition => condition;

    /// <summary>About how many records match.</summary>
    public long Estimate()
    {
        switch (condition.Operator)
        {
            case FilterOperator.Exists:
                return condition.Operand.AsBoolean() ? index.Present.Count : index.Live.Count - index.Present.Count;
            case FilterOperator.NotEqual or FilterOperator.NotIn:
                return Math.Max(0, index.Live.Count - EstimateTaken());
            default:
                return EstimateTaken() + index.Others.Count;
        }
    }

    /// <summary>Matches a chunk.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="yes">Receives the slots that match.</param>
    /// <param name="maybe">Receives those whose record decides; none of them is among the first.</param>
    public void Match(int chunk, Span<ulong> yes, Span<ulong> maybe)
    {
        yes.Clear();
        maybe.Clear();
        if (condition.Operator == FilterOperator.Exists)
        {
            bool there = condition.EncodedOperand.Tag == MetadataTag.True;
            SlotChunks.Copy(yes, (there ? index.Present : index.Live).Chunk(chunk));
            if (!there)
            {
                SlotChunks.AndNot(yes, index.Present.Chunk(chunk));
            }

            return;
        }

        MatchTaken(chunk, yes);
        MatchOthers(chunk, maybe);
        if (_mayEqualArray)
        {
            SlotChunks.Or(maybe, index.Arrays.Chunk(chunk));
        }

        SlotChunks.AndNot(maybe, yes);
        if (condition.Operator is FilterOperator.NotEqual or FilterOperator.NotIn)
        {
            Negate(yes, maybe, index.Live.Chunk(chunk));
        }
    }

    /// <summary>What surely matches becomes what surely does not.</summary>
    public static void Negate(Span<ulong> yes, ReadOnlySpan<ulong> maybe, ReadOnlySpan<ulong> live)
    {
        for (int i = 0; i < yes.Length; i++)
        {
            yes[i] = i < live.Length ? live[i] & ~yes[i] & ~maybe[i] : 0;
        }
    }

    /// <summary>Adds the slots of a chunk that have a value, or an item, which is taken and satisfies the condition (without its negation).</summary>
    protected abstract void MatchTaken(int chunk, Span<ulong> words);

    /// <summary>About how many slots <see cref="MatchTaken"/> finds.</summary>
    protected abstract long EstimateTaken();

    private static bool ListsArray(MetadataValue list)
    {
        foreach (MetadataValue item in list.Items)
        {
            if (item.Kind == MetadataKind.Array)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds the slots of a chunk about which the index cannot tell.</summary>
    protected virtual void MatchOthers(int chunk, Span<ulong> words) => SlotChunks.Or(words, index.Others.Chunk(chunk));
}
