using Hypervex.Collections;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>What somebody makes of the changes that a watch tells: a copy of the collection.</summary>
internal sealed class Mirror
{
    private readonly Dictionary<string, VectorRecord> _records = new(StringComparer.Ordinal);
    private ulong _last;

    public int Count => _records.Count;

    public void Forget()
    {
        _records.Clear();
        _last = 0;
    }

    public void Take(RecordChange change)
    {
        Assert.True(change.Sequence > _last, $"{change.Sequence} came behind {_last}");
        _last = change.Sequence;
        if (change.IsDeletion)
        {
            _records.Remove(change.Id);
        }
        else
        {
            _records[change.Id] = change.Record;
        }
    }

    /// <summary>Takes what there is now.</summary>
    public void TakeAll(ChangeReader reader)
    {
        while (reader.Read() is { Count: > 0 } changes)
        {
            foreach (RecordChange change in changes)
            {
                Take(change);
            }
        }
    }

    /// <summary>The copy is the collection, version by version.</summary>
    public void AssertIs(Collection collection)
    {
        var stored = new Dictionary<string, VectorRecord>(StringComparer.Ordinal);
        var options = new ListOptions { Limit = 1_000 };
        do
        {
            RecordPage page = collection.List(options);
            foreach (VectorRecord record in page.Records)
            {
                stored.Add(record.Id, record);
            }

            options = options with { Cursor = page.NextCursor };
        }
        while (options.Cursor is not null);

        Assert.Equal(stored.Keys.Order(StringComparer.Ordinal), _records.Keys.Order(StringComparer.Ordinal));
        Assert.All(stored.Values, record => Assert.Equal((record.Version, string.Join(' ', record.Vector!)), (_records[record.Id].Version, string.Join(' ', _records[record.Id].Vector!))));
    }
}
