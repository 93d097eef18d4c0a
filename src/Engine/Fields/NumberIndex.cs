using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// The index of a field with integers, or with floats: a column with a number for each slot (<see cref="NumberColumn"/>), which is scanned. Arrays of
/// numbers are rarer and stand beside it, by chunk. Thread safety: one writer, or any readers.
/// </summary>
internal sealed class NumberIndex(string field, bool floats) : ValueIndex(field)
{
    /// <summary>An array's header and its entry in a table that is half full.</summary>
    private const int ArrayBytes = 80;

    private readonly NumberColumn _column = new();
    private readonly ChunkedBits _single = new();
    private readonly Dictionary<int, Dictionary<uint, long[]>> _arrays = [];
    private long _arrayBytes;

    /// <summary>Whether places are those of floats.</summary>
    public bool Floats => floats;

    public override long? Values => null;

    public NumberColumn Column => _column;

    /// <summary>The slots that have exactly one number, in the column.</summary>
    public ChunkedBits Single => _single;

    protected override long ValueBytes => _column.Bytes + _single.Bytes + _arrayBytes;

    /// <summary>The slots of a chunk that have arrays of numbers, with them.</summary>
    public Dictionary<uint, long[]>? ArraysOf(int chunk) => _arrays.GetValueOrDefault(chunk);

    public override FieldMatch Prepare(FilterCondition condition) => new NumberMatch(this, condition);

    protected override bool TryAdd(uint slot, EncodedValue value)
    {
        if (!NumberRanges.TryPlace(value, floats, out long place))
        {
            return false;
        }

        _column[slot] = place;
        _single.Set(slot);
        return true;
    }

    protected override void RemoveValue(uint slot, EncodedValue value) => _single.Clear(slot);

    protected override bool TryAddItems(uint slot, EncodedValue array)
    {
        var places = new List<long>();
        bool all = true;
        for (var items = new EncodedItems(array.Payload); items.MoveNext();)
        {
            if (NumberRanges.TryPlace(items.Current, floats, out long place))
            {
                places.Add(place);
            }
            else
            {
                all = false;
            }
        }

        if (places.Count > 0)
        {
            AddArray(slot, [.. places]);
        }

        return all;
    }

    protected override void RemoveItems(uint slot, EncodedValue array) => RemoveArray(slot);

    protected override void SaveValues(ValueWriter writer)
    {
        writer.WriteNumbers(_single, _column);
        writer.WriteLists(Arrays, slot => ArraysOf(SlotChunks.Of(slot))?.GetValueOrDefault(slot));
    }

    protected override void LoadValues(ValueReader reader)
    {
        reader.ReadNumbers(_single, _column);
        reader.ReadLists(AddArray);
    }

    protected override void ForgetValues(ChunkedBits slots)
    {
        _single.ClearAll(slots);
        foreach (Dictionary<uint, long[]> here in _arrays.Values)
        {
            foreach (uint slot in here.Keys.Where(slots.Contains).ToArray())
            {
                RemoveArray(slot);
            }
        }
    }

    private void AddArray(uint slot, long[] places)
    {
        int chunk = SlotChunks.Of(slot);
        if (!_arrays.TryGetValue(chunk, out Dictionary<uint, long[]>? here))
        {
            _arrays.Add(chunk, here = []);
        }

        here[slot] = places;
        _arrayBytes += ArrayBytes + (places.Length * sizeof(long));
    }

    private void RemoveArray(uint slot)
    {
        if (_arrays.TryGetValue(SlotChunks.Of(slot), out Dictionary<uint, long[]>? here) && here.Remove(slot, out long[]? places))
        {
            _arrayBytes -= ArrayBytes + (places.Length * sizeof(long));
        }
    }
}
