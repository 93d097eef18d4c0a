namespace Hypervex.Metadata;

/// <summary>
/// The values of <c>$in</c>, sorted by kind, so that a lookup costs a binary search and allocates nothing. Floats that equal
/// an int64 stand among the integers: 1 and 1.0 are one value to a filter.
/// Thread safety: immutable.
/// </summary>
internal sealed class ValueSet
{
    private readonly long[] _integers;
    private readonly double[] _floats;
    private readonly byte[][] _texts;

    // Arrays and objects, each with its tag; they are rare and compared one by one.
    private readonly (byte Tag, byte[] Payload)[] _containers;
    private readonly bool _null;
    private readonly bool _false;
    private readonly bool _true;

    public ValueSet(EncodedItems values)
    {
        var integers = new List<long>();
        var floats = new List<double>();
        var texts = new List<byte[]>();
        var containers = new List<(byte, byte[])>();
        while (values.MoveNext())
        {
            EncodedValue value = values.Current;
            switch (value.Tag)
            {
                case MetadataTag.Null:
                    _null = true;
                    break;
                case MetadataTag.False:
                    _false = true;
                    break;
                case MetadataTag.True:
                    _true = true;
                    break;
                case MetadataTag.Integer:
                    integers.Add(value.Integer);
                    break;
                case MetadataTag.Float when NumberOrder.TryToInteger(value.Float, out long integer):
                    integers.Add(integer);
                    break;
                case MetadataTag.Float:
                    floats.Add(value.Float);
                    break;
                case MetadataTag.String:
                    texts.Add(value.Payload.ToArray());
                    break;
                default:
                    containers.Add((value.Tag, value.Payload.ToArray()));
                    break;
            }
        }

        integers.Sort();
        floats.Sort();
        texts.Sort((left, right) => left.AsSpan().SequenceCompareTo(right));
        _integers = [.. integers];
        _floats = [.. floats];
        _texts = [.. texts];
        _containers = [.. containers];
    }

    /// <summary>Whether the value equals one of the set.</summary>
    public bool Contains(EncodedValue value) => value.Tag switch
    {
        MetadataTag.Null => _null,
        MetadataTag.False => _false,
        MetadataTag.True => _true,
        MetadataTag.Integer => Array.BinarySearch(_integers, value.Integer) >= 0,
        MetadataTag.Float => NumberOrder.TryToInteger(value.Float, out long integer)
            ? Array.BinarySearch(_integers, integer) >= 0
            : Array.BinarySearch(_floats, value.Float) >= 0,
        MetadataTag.String => ContainsText(value.Payload),
        _ => ContainsContainer(value),
    };

    private bool ContainsText(ReadOnlySpan<byte> text)
    {
        int low = 0;
        int high = _texts.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = _texts[middle].AsSpan().SequenceCompareTo(text);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    private bool ContainsContainer(EncodedValue value)
    {
        foreach ((byte tag, byte[] payload) in _containers)
        {
            if (BytesEvaluator.Same(value, new EncodedValue(tag, payload)))
            {
                return true;
            }
        }

        return false;
    }
}
