using System.Collections;

namespace Hypervex.Metadata;

/// <summary>
/// The items of an array value, with what would be costly to find out again and again. Immutable.
/// Invariant: depth is at most <see cref="Limits.MaxMetadataDepth"/> - 1, because an array always stands in an object.
/// Thread safety: immutable.
/// </summary>
internal sealed class MetadataArray : IReadOnlyList<MetadataValue>
{
    private readonly MetadataValue[] _items;

    /// <summary>Takes the array over: the caller must not change it afterwards.</summary>
    public MetadataArray(MetadataValue[] items)
    {
        _items = items;
        int depth = 0;
        long bytes = 0;
        foreach (MetadataValue item in items)
        {
            depth = Math.Max(depth, item.Depth);
            bytes += item.EncodedBytes;
        }

        MetadataLimits.CheckNesting(depth);
        Depth = depth + 1;
        BodyBytes = bytes;
    }

    /// <summary>Levels of nesting: 1 for an array of scalars.</summary>
    public int Depth { get; }

    /// <summary>Bytes of all items in the canonical encoding.</summary>
    public long BodyBytes { get; }

    public int Count => _items.Length;

    public ReadOnlySpan<MetadataValue> Items => _items;

    public MetadataValue this[int index] => _items[index];

    public IEnumerator<MetadataValue> GetEnumerator() => ((IEnumerable<MetadataValue>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
