using System.Buffers;
using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// A condition on a field of texts. <c>$match</c>: the slots that have all tokens; of an array, in which they may stand in different items, the record decides. About every other
/// operator but <c>$exists</c> the record decides.
/// </summary>
internal sealed class TextMatch : FieldMatch
{
    private readonly KeywordIndex _index;
    private readonly List<Posting>[] _prefixed;
    private int _generation = -1;
    private int _seen;

    public TextMatch(KeywordIndex index, FilterCondition condition)
        : base(index, condition)
    {
        _index = index;
        _prefixed = [.. (condition.Query is { } query ? query.Tokens : []).ToArray().Select(_ => new List<Posting>())];
        Look();
    }

    protected override void MatchTaken(int chunk, Span<ulong> words)
    {
        if (Condition.Query is { } query)
        {
            MatchAll(query, chunk, words);
            SlotChunks.AndNot(words, Index.Arrays.Chunk(chunk));
        }
    }

    protected override void MatchOthers(int chunk, Span<ulong> words)
    {
        if (Condition.Query is not { } query)
        {
            SlotChunks.Or(words, Index.Present.Chunk(chunk));
            return;
        }

        if (Index.Arrays.Chunk(chunk).ContainsAnyExcept(0UL))
        {
            MatchAll(query, chunk, words);
            SlotChunks.And(words, Index.Arrays.Chunk(chunk));
        }

        base.MatchOthers(chunk, words);
    }

    protected override long EstimateTaken()
    {
        if (Condition.Query is not { } query)
        {
            return Index.Present.Count;
        }

        Look();
        long fewest = Index.Present.Count;
        for (int i = 0; i < query.Tokens.Length; i++)
        {
            fewest = Math.Min(fewest, query.Tokens[i].IsPrefix ? _prefixed[i].Sum(posting => (long)posting.Count) : Find(query.Tokens[i])?.Count ?? 0);
        }

        return fewest;
    }

    /// <summary>Sets the slots that have all tokens, in whichever items; the set is empty before.</summary>
    private void MatchAll(TextQuery query, int chunk, Span<ulong> words)
    {
        Look();
        AddToken(query, 0, chunk, words);
        ulong[] rented = ArrayPool<ulong>.Shared.Rent(SlotChunks.Words);
        Span<ulong> found = rented.AsSpan(0, words.Length);
        for (int i = 1; i < query.Tokens.Length && words.ContainsAnyExcept(0UL); i++)
        {
            found.Clear();
            AddToken(query, i, chunk, found);
            SlotChunks.And(words, found);
        }

        ArrayPool<ulong>.Shared.Return(rented);
    }

    private void AddToken(TextQuery query, int number, int chunk, Span<ulong> words)
    {
        if (!query.Tokens[number].IsPrefix)
        {
            Find(query.Tokens[number])?.Or(chunk, words);
            return;
        }

        foreach (Posting posting in _prefixed[number])
        {
            posting.Or(chunk, words);
        }
    }

    private Posting? Find(TextQuery.Token token) => _index.Find(new EncodedValue(MetadataTag.String, token.Text));

    /// <summary>Looks for tokens that begin as is asked, also for those that came since: a record that matches throughout may have got one.</summary>
    private void Look()
    {
        ReadOnlySpan<TextQuery.Token> tokens = Condition.Query is { } query ? query.Tokens : [];
        PostingList list = _index.Snapshot;
        if (list.Generation != _generation)
        {
            Array.ForEach(_prefixed, found => found.Clear());
            _generation = list.Generation;
            _seen = 0;
        }

        bool hasPrefix = false;
        foreach (TextQuery.Token token in tokens)
        {
            hasPrefix |= token.IsPrefix;
        }

        for (; hasPrefix && _seen < list.Count; _seen++)
        {
            for (int i = 0; i < tokens.Length; i++)
            {
                if (tokens[i].IsPrefix && tokens[i].Holds(list.All[_seen].Key))
                {
                    _prefixed[i].Add(list.All[_seen]);
                }
            }
        }
    }
}
