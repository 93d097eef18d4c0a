using System.Diagnostics.CodeAnalysis;
using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// The index of a field with strings, or with booleans: a <see cref="Posting"/> for each value. Items of arrays are values. Layout: the postings in
/// the order in which their values came, and a hash table from values to postings. A value that no slot has any more stays until half of them are such;
/// then the list is made anew, under the next generation.
/// Thread safety: one writer, or any readers; <see cref="Snapshot"/> also beside the writer.
/// </summary>
internal sealed class KeywordIndex(string field, bool booleans) : ValueIndex(field)
{
    private const int SmallestRenewal = 1024;

    private static readonly byte[] _false = [MetadataTag.False];
    private static readonly byte[] _true = [MetadataTag.True];

    private readonly Dictionary<byte[], Posting> _byValue = new(ByteComparer.Instance);
    private PostingList _list = new([], 0, 0);
    private int _unused;
    private long _bytes;

    /// <summary>Whether the values are booleans, and not strings.</summary>
    public bool IsBoolean => booleans;

    public override long? Values => _list.Count - _unused;

    /// <summary>The postings as they are now.</summary>
    public PostingList Snapshot => Volatile.Read(ref _list);

    protected override long ValueBytes => _bytes;

    /// <summary>The posting of a value; null when there is none.</summary>
    public Posting? Find(EncodedValue value) =>
        Takes(value) && _byValue.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(KeyOf(value), out Posting? posting) ? posting : null;

    /// <summary>The value of a posting.</summary>
    public EncodedValue ValueOf(Posting posting) => booleans ? new EncodedValue(posting.Key[0], []) : new EncodedValue(MetadataTag.String, posting.Key);

    public override FieldMatch Prepare(FilterCondition condition) => new KeywordMatch(this, condition);

    protected override bool TryAdd(uint slot, EncodedValue value)
    {
        if (!Takes(value))
        {
            return false;
        }

        ReadOnlySpan<byte> key = KeyOf(value);
        if (!_byValue.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out Posting? posting))
        {
            posting = new Posting(key.ToArray());
            _byValue.Add(posting.Key, posting);
            _bytes += posting.Bytes;
            _unused++;
            Append(posting);
        }

        long before = posting.Bytes;
        _unused -= posting.Count == 0 ? 1 : 0;
        posting.Add(slot);
        _bytes += posting.Bytes - before;
        return true;
    }

    protected override void RemoveValue(uint slot, EncodedValue value)
    {
        if (Find(value) is not { Count: > 0 } posting)
        {
            return;
        }

        long before = posting.Bytes;
        posting.Remove(slot);
        _bytes += posting.Bytes - before;
        _unused += posting.Count == 0 ? 1 : 0;
        if (_unused > Math.Max(SmallestRenewal, _list.Count / 2))
        {
            Renew();
        }
    }

    protected override void SaveValues(ValueWriter writer) => writer.WritePostings(Snapshot);

    protected override void LoadValues(ValueReader reader) => reader.ReadPostings(posting =>
    {
        if (posting.Count > 0 && _byValue.TryAdd(posting.Key, posting))
        {
            _bytes += posting.Bytes;
            Append(posting);
        }
        else if (posting.Count > 0)
        {
            throw new InvalidDataException("The field index names a value twice.");
        }
    });

    protected override void ForgetValues(ChunkedBits slots)
    {
        PostingList list = _list;
        foreach (Posting posting in list.All.AsSpan(0, list.Count))
        {
            posting.RemoveAll(slots);
        }

        Renew();
    }

    private bool Takes(EncodedValue value) => booleans ? value.Tag is MetadataTag.False or MetadataTag.True : value.Tag == MetadataTag.String;

    private ReadOnlySpan<byte> KeyOf(EncodedValue value) => booleans ? (value.Tag == MetadataTag.True ? _true : _false) : value.Payload;

    private void Append(Posting posting)
    {
        PostingList list = _list;
        Posting[] all = list.All;
        if (list.Count == all.Length)
        {
            Array.Resize(ref all, Math.Max(16, all.Length * 2));
        }

        all[list.Count] = posting;
        Volatile.Write(ref _list, new PostingList(all, list.Count + 1, list.Generation));
    }

    private void Renew()
    {
        PostingList list = _list;
        Posting[] used = [.. list.All.Take(list.Count).Where(posting => posting.Count > 0)];
        _byValue.Clear();
        _byValue.TrimExcess();
        _bytes = 0;
        foreach (Posting posting in used)
        {
            _byValue.Add(posting.Key, posting);
            _bytes += posting.Bytes;
        }

        _unused = 0;
        Volatile.Write(ref _list, new PostingList(used, used.Length, list.Generation + 1));
    }

    private sealed class ByteComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly ByteComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        // Seeded by the process, so that nobody can prepare collisions.
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
