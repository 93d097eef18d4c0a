using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// The index of one metadata field: which slots have which value there. A value of a kind that the index does not take makes its slot one of the
/// others, about which only the record itself can tell; so an answer is what surely matches, and what may match.
/// Invariants: (1) Present, Others and Arrays are parts of Live. (2) Whatever is added with some metadata goes with the same metadata.
/// Thread safety: one writer, or any readers (<see cref="FieldIndexes"/> sees to that).
/// </summary>
internal abstract class ValueIndex(string field)
{
    private readonly FieldPath _path = new(field);

    /// <summary>The field's path.</summary>
    public string Field => _path.Name;

    /// <summary>Slots that hold a record.</summary>
    public ChunkedBits Live { get; } = new();

    /// <summary>Slots whose record has the field.</summary>
    public ChunkedBits Present { get; } = new();

    /// <summary>Slots whose value, or an item of it, is not taken.</summary>
    public ChunkedBits Others { get; } = new();

    /// <summary>Slots whose value is an array.</summary>
    public ChunkedBits Arrays { get; } = new();

    /// <summary>Memory held, in bytes.</summary>
    public long Bytes => Live.Bytes + Present.Bytes + Others.Bytes + Arrays.Bytes + ValueBytes;

    /// <summary>Different values; null where they are not told apart.</summary>
    public abstract long? Values { get; }

    protected abstract long ValueBytes { get; }

    /// <summary>Adds a slot that is not there.</summary>
    public void Add(uint slot, ReadOnlySpan<byte> metadata)
    {
        Live.Set(slot);
        if (!_path.TryFind(metadata, out EncodedValue value))
        {
            return;
        }

        Present.Set(slot);
        if (value.Tag == MetadataTag.Array)
        {
            Arrays.Set(slot);
            if (!TryAddItems(slot, value))
            {
                Others.Set(slot);
            }
        }
        else if (!TryAdd(slot, value))
        {
            Others.Set(slot);
        }
    }

    /// <summary>Takes a slot out that was added with this metadata.</summary>
    public void Remove(uint slot, ReadOnlySpan<byte> metadata)
    {
        if (!Live.Contains(slot))
        {
            return;
        }

        Live.Clear(slot);
        if (_path.TryFind(metadata, out EncodedValue value))
        {
            Present.Clear(slot);
            Others.Clear(slot);
            Arrays.Clear(slot);
            if (value.Tag == MetadataTag.Array)
            {
                RemoveItems(slot, value);
            }
            else
            {
                RemoveValue(slot, value);
            }
        }
    }

    /// <summary>Whether both give a slot the same place here: then nothing changes when one replaces the other.</summary>
    public bool IsSame(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        bool inLeft = _path.TryFind(left, out EncodedValue leftValue);
        bool inRight = _path.TryFind(right, out EncodedValue rightValue);
        return inLeft == inRight && (!inLeft || (leftValue.Tag == rightValue.Tag && leftValue.Payload.SequenceEqual(rightValue.Payload)));
    }

    /// <summary>Writes everything, between changes: right for all slots that nothing changes meanwhile.</summary>
    public void Save(ValueWriter writer)
    {
        writer.WriteBits(Live);
        writer.WriteBits(Present);
        writer.WriteBits(Others);
        writer.WriteBits(Arrays);
        SaveValues(writer);
    }

    /// <summary>Reads what <see cref="Save"/> wrote, into an index that is empty and that nobody uses yet.</summary>
    /// <exception cref="InvalidDataException">It is not what was written.</exception>
    /// <exception cref="EndOfStreamException">It ends too early.</exception>
    public void Load(ValueReader reader)
    {
        reader.ReadBits(Live);
        reader.ReadBits(Present);
        reader.ReadBits(Others);
        reader.ReadBits(Arrays);
        LoadValues(reader);
    }

    /// <summary>Takes slots out without knowing what they were added with. While nobody uses the index.</summary>
    public void Forget(ChunkedBits slots)
    {
        Live.ClearAll(slots);
        Present.ClearAll(slots);
        Others.ClearAll(slots);
        Arrays.ClearAll(slots);
        ForgetValues(slots);
    }

    /// <summary>A condition on this field, made ready to be matched. Called without excluding the writer.</summary>
    public abstract FieldMatch Prepare(FilterCondition condition);

    /// <summary>Writes the values. Whoever changes what is written raises <see cref="ValueSnapshot.FormatOf"/> of the type.</summary>
    protected abstract void SaveValues(ValueWriter writer);

    /// <summary>Reads what <see cref="SaveValues"/> wrote.</summary>
    protected abstract void LoadValues(ValueReader reader);

    /// <summary>Takes the values of slots out, whatever they are.</summary>
    protected abstract void ForgetValues(ChunkedBits slots);

    /// <summary>Adds a value that is not an array; false when it is not taken.</summary>
    protected abstract bool TryAdd(uint slot, EncodedValue value);

    protected abstract void RemoveValue(uint slot, EncodedValue value);

    /// <summary>Adds the items of an array; false when one is not taken.</summary>
    protected virtual bool TryAddItems(uint slot, EncodedValue array)
    {
        bool all = true;
        for (var items = new EncodedItems(array.Payload); items.MoveNext();)
        {
            all &= TryAdd(slot, items.Current);
        }

        return all;
    }

    protected virtual void RemoveItems(uint slot, EncodedValue array)
    {
        for (var items = new EncodedItems(array.Payload); items.MoveNext();)
        {
            RemoveValue(slot, items.Current);
        }
    }
}
