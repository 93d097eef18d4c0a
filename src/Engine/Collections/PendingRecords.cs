using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>What a record will be once everything appended has been applied, and the group that will do it.</summary>
internal readonly record struct PendingRecord(bool Exists, long CreatedAtMs, ulong CreatedSequence, RecordVersion Version, ulong Sequence, CommitGroup Group);

/// <summary>
/// Records that have been appended to the log but not applied yet: decisions about existence and conditions see them. Thread safety: the
/// writer's lock.
/// </summary>
internal sealed class PendingRecords
{
    private readonly Dictionary<byte[], PendingRecord> _records = new(new ByContent());

    public bool TryGet(byte[] id, out PendingRecord record) => _records.TryGetValue(id, out record);

    public void Set(byte[] id, PendingRecord record) => _records[id] = record;

    /// <summary>Forgets what a group has applied, unless a later group has touched it again.</summary>
    public void Applied(LogGroup group)
    {
        var byId = _records.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (LogGroup.Entry entry in group.Entries)
        {
            ReadOnlySpan<byte> id = IdOf(entry.Header.Kind, group.Body(entry));
            if (byId.TryGetValue(id, out PendingRecord pending) && pending.Sequence == entry.Header.Sequence)
            {
                byId.Remove(id);
            }
        }
    }

    public void Clear() => _records.Clear();

    private static ReadOnlySpan<byte> IdOf(FrameKind kind, ReadOnlySpan<byte> body)
    {
        if (kind == FrameKind.Put)
        {
            RecordBody.TryRead(body, out RecordBody record);
            return record.Id;
        }

        TombstoneBody.TryRead(body, out TombstoneBody tombstone);
        return tombstone.Id;
    }

    private sealed class ByContent : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
