using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>
/// The segments that a checkpoint's record table refers to: those up to a place in the log, by nonce (docs/formats/checkpoint.md). Thread safety: none.
/// </summary>
internal sealed class SavedSegments
{
    private const int SegmentBytes = 24;
    private const int MaxSegments = 1 << 24;

    private readonly List<LogSegment> _segments = [];
    private readonly int[] _places;
    private readonly RecordLocation _end;

    /// <param name="segments">The log's segments.</param>
    /// <param name="end">What stands at or behind it is left out.</param>
    public SavedSegments(SegmentChain segments, RecordLocation end)
    {
        _end = end;
        _places = new int[segments.Ordinals];
        Array.Fill(_places, -1);
        foreach (LogSegment segment in segments.InOrder)
        {
            _places[segment.Ordinal] = _segments.Count;
            _segments.Add(segment);
            if (segment.Ordinal == end.Segment)
            {
                break;
            }
        }
    }

    /// <summary>Turns a location into one whose segment is a place in the list; false when it stands behind the end.</summary>
    public bool TryPlace(RecordLocation location, out RecordLocation saved)
    {
        int ordinal = location.Segment;
        int place = ordinal < _places.Length ? _places[ordinal] : -1;
        saved = place < 0 ? default : new RecordLocation(place, location.Offset);
        return place >= 0 && (ordinal != _end.Segment || location.Offset < _end.Offset);
    }

    /// <summary>Writes the beginning of the table: hash seed, list of segments.</summary>
    public void Write(Stream stream, ulong hashSeed)
    {
        var bytes = new byte[12 + (_segments.Count * SegmentBytes)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, hashSeed);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), _segments.Count);
        for (int i = 0; i < _segments.Count; i++)
        {
            Span<byte> target = bytes.AsSpan(12 + (i * SegmentBytes));
            BinaryPrimitives.WriteUInt64LittleEndian(target, _segments[i].Header.Nonce);
            BinaryPrimitives.WriteInt64LittleEndian(target[8..], _segments[i].DeadBytes);
            BinaryPrimitives.WriteInt64LittleEndian(target[16..], _segments[i].DeleteBytes);
        }

        stream.Write(bytes);
    }

    /// <summary>Reads over the beginning of a table.</summary>
    public static void Skip(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[SegmentBytes];
        stream.ReadExactly(bytes[..12]);
        for (int left = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]); left > 0; left--)
        {
            stream.ReadExactly(bytes);
        }
    }

    /// <summary>Reads a list, and gives the segments their counts; returns the ordinal of each, or -1 for one that is not in the log.</summary>
    public static int[] Read(Stream stream, int count, SegmentChain segments, string path)
    {
        if (count is < 0 or > MaxSegments)
        {
            throw StorageErrors.Damaged(path, 0, $"the list of {count} segments is impossible.");
        }

        var ordinals = new int[count];
        Span<byte> bytes = stackalloc byte[SegmentBytes];
        var byNonce = segments.InOrder.ToDictionary(segment => segment.Header.Nonce);
        for (int i = 0; i < count; i++)
        {
            stream.ReadExactly(bytes);
            ordinals[i] = -1;
            if (byNonce.TryGetValue(BinaryPrimitives.ReadUInt64LittleEndian(bytes), out LogSegment? segment))
            {
                ordinals[i] = segment.Ordinal;
                segment.CountDead(BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
                segment.CountDelete(BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
            }
        }

        return ordinals;
    }
}
