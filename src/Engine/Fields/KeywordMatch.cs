using System.Buffers;
using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// A condition on a keyword field. The values that satisfy it are looked for once; values that come while it is matched are looked at too, because a
/// record that matches throughout may get one.
/// </summary>
internal sealed class KeywordMatch : FieldMatch
{
    private readonly KeywordIndex _index;
    private readonly List<Posting> _matching = [];
    private int _generation = -1;
    private int _seen;

    public KeywordMatch(KeywordIndex index, FilterCondition condition)
        : base(index, condition)
    {
        _index = index;
        if (!IsLookup)
        {
            Look(index.Snapshot);
        }
    }

    // $contains means equality for the items of an array, and a substring for a string.
    private bool LooksInside => Condition.Operator == FilterOperator.Contains;

    private bool IsLookup => Condition.Operator is FilterOperator.Equal or FilterOperator.NotEqual or FilterOperator.In or FilterOperator.NotIn;

    protected override void MatchTaken(int chunk, Span<ulong> words)
    {
        Resolve();
        foreach (Posting posting in _matching)
        {
            posting.Or(chunk, words);
        }

        if (LooksInside)
        {
            SlotChunks.AndNot(words, Index.Arrays.Chunk(chunk));
            if (_index.Find(Condition.EncodedOperand) is { } item)
            {
                AddItem(chunk, item, words);
            }
        }
    }

    protected override long EstimateTaken()
    {
        Resolve();
        return Math.Min(Index.Present.Count, _matching.Sum(posting => (long)posting.Count));
    }

    private void AddItem(int chunk, Posting item, Span<ulong> words)
    {
        ulong[] found = ArrayPool<ulong>.Shared.Rent(SlotChunks.Words);
        Span<ulong> slots = found.AsSpan(0, SlotChunks.Words);
        slots.Clear();
        item.Or(chunk, slots);
        SlotChunks.And(slots, Index.Arrays.Chunk(chunk));
        SlotChunks.Or(words, slots);
        ArrayPool<ulong>.Shared.Return(found);
    }

    private void Resolve()
    {
        PostingList list = _index.Snapshot;
        if (IsLookup && _generation != list.Generation)
        {
            LookUp();
            _generation = list.Generation;
            _seen = list.Count;
        }
        else
        {
            Look(list);
        }
    }

    private void LookUp()
    {
        _matching.Clear();
        if (Condition.Operator is FilterOperator.Equal or FilterOperator.NotEqual)
        {
            Add(_index.Find(Condition.EncodedOperand));
            return;
        }

        var found = new HashSet<Posting>(); // a list may name a value twice
        for (var values = new EncodedItems(Condition.EncodedOperand.Payload); values.MoveNext();)
        {
            if (_index.Find(values.Current) is { } posting && found.Add(posting))
            {
                _matching.Add(posting);
            }
        }
    }

    private void Look(PostingList list)
    {
        if (list.Generation != _generation)
        {
            _matching.Clear();
            _generation = list.Generation;
            _seen = 0;
        }

        for (; _seen < list.Count; _seen++)
        {
            Posting posting = list.All[_seen];
            if (LooksInside ? BytesEvaluator.Contains(_index.ValueOf(posting), Condition.EncodedOperand) : BytesEvaluator.Holds(Condition, _index.ValueOf(posting)))
            {
                _matching.Add(posting);
            }
        }
    }

    private void Add(Posting? posting)
    {
        if (posting is not null)
        {
            _matching.Add(posting);
        }
    }
}
