using System.Text;

namespace Hypervex.Storage;

/// <summary>What repair makes of the bytes of a segment that do not check. Thread safety: pure functions.</summary>
internal static class DamagedBytes
{
    private const int MaxBytes = 64 << 20;

    /// <summary>The next place where a whole frame stands whose sequence is above one and not above another; -1 when there is none.</summary>
    public static long NextFrame(SegmentScanner scanner, long end, long offset, ulong above, ulong last, out ulong sequence)
    {
        for (long at = offset; at + FrameHeader.Size <= end; at += FrameHeader.Alignment)
        {
            if (scanner.TryFrameAt(at, out FrameHeader frame, out _) && frame.Sequence > above && frame.Sequence <= last)
            {
                sequence = frame.Sequence;
                return at;
            }
        }

        sequence = 0;
        return -1;
    }

    /// <summary>Finds the one flipped bit of a segment's header; the bytes are corrected when the answer is true.</summary>
    /// <param name="bytes">The header as it stands.</param>
    /// <param name="path">The segment's file.</param>
    /// <param name="first">The first sequence that the file's name says.</param>
    /// <param name="last">The end of a compacted segment's range that the file's name says; 0 for any other.</param>
    /// <param name="collectionId">The collection that it must belong to.</param>
    /// <param name="partition">The partition that it must belong to.</param>
    /// <param name="header">The corrected header.</param>
    public static bool TryCorrectHeader(byte[] bytes, string path, ulong first, ulong last, ulong collectionId, uint partition, out SegmentHeader header)
    {
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (IsHeader(bytes, path, first, last, collectionId, partition, out header, out _))
            {
                return true;
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        header = default;
        return false;
    }

    /// <summary>Whether bytes are the header of the segment that its file's name promises.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> bytes, string path, ulong first, ulong last, ulong collectionId, uint partition, out SegmentHeader header, out string? problem)
    {
        if (!SegmentHeader.TryRead(bytes, path, out header, out problem))
        {
            return false;
        }

        problem = "it belongs elsewhere";
        return header.FirstSequence == first && (header.Compacted?.LastSequence ?? 0) == last && header.CollectionId == collectionId && header.Partition == partition;
    }

    /// <summary>Ids of what look like records or deletions between two places; nothing of it is checked.</summary>
    public static List<string> ReadableIds(IFile file, long from, long to)
    {
        var ids = new List<string>();
        var bytes = new byte[Math.Clamp(to - from, 0, MaxBytes)];
        int read = file.Read(bytes, from);
        for (int at = 0; at + FrameHeader.Size <= read; at += FrameHeader.Alignment)
        {
            if (!FrameHeader.TryRead(bytes.AsSpan(at), out FrameHeader frame) || frame.BodyLength == 0 || at + FrameHeader.Size + (long)frame.BodyLength > read)
            {
                continue;
            }

            ReadOnlySpan<byte> body = bytes.AsSpan(at + FrameHeader.Size, frame.BodyLength);
            ReadOnlySpan<byte> id = frame.Kind switch
            {
                FrameKind.Put when RecordBody.TryRead(body, out RecordBody record) => record.Id,
                FrameKind.Delete when TombstoneBody.TryRead(body, out TombstoneBody tombstone) => tombstone.Id,
                _ => [],
            };
            if (!id.IsEmpty)
            {
                ids.Add(Encoding.UTF8.GetString(id));
                at += frame.FrameLength - FrameHeader.Alignment;
            }
        }

        return ids;
    }
}
