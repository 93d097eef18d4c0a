using System.Numerics;
using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>A condition on a field of numbers, or of dates: ranges of places, or a set of them.</summary>
internal sealed class NumberMatch : FieldMatch
{
    /// <summary>A set of more numbers than this is looked up for each slot instead of scanning the column for each number.</summary>
    private const int MostScans = 8;

    /// <summary>An estimate looks at about so many words of slots, evenly spread: every filter pays for it, also one that only a few slots match.</summary>
    private const int Sample = 64;

    private readonly NumberIndex _index;
    private readonly NumberRange[] _ranges;
    private readonly long[]? _set;

    public NumberMatch(NumberIndex index, FilterCondition condition)
        : base(index, condition)
    {
        _index = index;
        _ranges = [.. RangesOf(condition, index.Kind)];
        if (_ranges.Length > MostScans)
        {
            _set = [.. _ranges.Select(range => range.Low).Distinct().Order()];
        }
    }

    protected override void MatchTaken(int chunk, Span<ulong> words)
    {
        if (_ranges.Length == 0)
        {
            return;
        }

        if (Condition.Operator != FilterOperator.Contains) // which holds for items only
        {
            MatchColumn(chunk, words);
            SlotChunks.And(words, _index.Single.Chunk(chunk));
        }

        if (_index.ArraysOf(chunk) is { } arrays)
        {
            foreach ((uint slot, long[] places) in arrays)
            {
                int at = SlotChunks.Within(slot);
                if (at >> 6 < words.Length && Array.Exists(places, Matches))
                {
                    words[at >> 6] |= 1UL << (at & 63);
                }
            }
        }
    }

    /// <summary>How a date is written is not in the column: about a part of its text the record decides.</summary>
    protected override void MatchOthers(int chunk, Span<ulong> words)
    {
        base.MatchOthers(chunk, words);
        if (_index.Kind == NumberKind.Instants && Condition.Operator is (FilterOperator.Contains or FilterOperator.Prefix or FilterOperator.Match))
        {
            SlotChunks.Or(words, (Condition.Operator == FilterOperator.Contains ? _index.Single : _index.Present).Chunk(chunk));
        }
    }

    protected override long EstimateTaken()
    {
        if (_ranges.Length == 0)
        {
            return 0;
        }

        long slots = _index.Single.Count;
        int chunks = SlotChunks.Count((uint)Math.Min(uint.MaxValue, _index.Live.Count));
        int step = (int)Math.Max(1, slots / 64 / Sample);
        long seen = 0;
        long matching = 0;
        for (int chunk = 0; chunk <= chunks; chunk++)
        {
            ReadOnlySpan<ulong> single = _index.Single.Chunk(chunk);
            for (int word = 0; word < single.Length; word += step)
            {
                seen += BitOperations.PopCount(single[word]);
                matching += BitOperations.PopCount(single[word] & MatchWord(chunk, word));
            }
        }

        return seen == 0 ? 0 : slots * matching / seen;
    }

    private static List<NumberRange> RangesOf(FilterCondition condition, NumberKind kind)
    {
        if (condition.Operator is FilterOperator.Prefix or FilterOperator.Near or FilterOperator.Match or FilterOperator.Exists)
        {
            return [];
        }

        var ranges = new List<NumberRange>();
        if (kind == NumberKind.Instants)
        {
            foreach (long instant in condition.Dates is { } dates ? dates.Instants : [])
            {
                AddRange(ranges, NumberRanges.OfInstant(condition.Operator, instant));
            }

            return ranges;
        }

        if (condition.Operator is FilterOperator.In or FilterOperator.NotIn)
        {
            for (var values = new EncodedItems(condition.EncodedOperand.Payload); values.MoveNext();)
            {
                AddRange(ranges, NumberRanges.Of(FilterOperator.Equal, values.Current, kind));
            }
        }
        else
        {
            AddRange(ranges, NumberRanges.Of(condition.Operator, condition.EncodedOperand, kind));
        }

        return ranges;
    }

    private static void AddRange(List<NumberRange> ranges, NumberRange? range)
    {
        if (range is { } some)
        {
            ranges.Add(some);
        }
    }

    private bool Matches(long place) => _set is null ? Array.Exists(_ranges, range => range.Contains(place)) : Array.BinarySearch(_set, place) >= 0;

    private ulong MatchWord(int chunk, int word)
    {
        ulong bits = 0;
        if (_set is null)
        {
            foreach (NumberRange range in _ranges)
            {
                _index.Column.Or(chunk, range, new Span<ulong>(ref bits), word);
            }

            return bits;
        }

        ReadOnlySpan<long> places = _index.Column.Chunk(chunk);
        int end = Math.Min(places.Length, (word + 1) * 64);
        for (int at = word * 64; at < end; at++)
        {
            bits |= Matches(places[at]) ? 1UL << (at & 63) : 0;
        }

        return bits;
    }

    private void MatchColumn(int chunk, Span<ulong> words)
    {
        if (_set is null)
        {
            foreach (NumberRange range in _ranges)
            {
                _index.Column.Or(chunk, range, words);
            }

            return;
        }

        ReadOnlySpan<long> places = _index.Column.Chunk(chunk);
        int end = Math.Min(places.Length, words.Length * 64);
        for (int at = 0; at < end; at++)
        {
            if (Array.BinarySearch(_set, places[at]) >= 0)
            {
                words[at >> 6] |= 1UL << (at & 63);
            }
        }
    }
}
