using Hypervex.Storage;

namespace Hypervex.Faults.Tests;

/// <summary>Walks and forges the frames of a log segment's bytes: what a database without checksums would believe.</summary>
internal static class Frames
{
    public static void Visit(byte[] segment, Action<FrameHeader, int> visit)
    {
        for (int at = SegmentHeader.Size; FrameHeader.TryRead(segment.AsSpan(at), out FrameHeader header); at += header.FrameLength)
        {
            visit(header, at);
        }
    }

    /// <summary>Gives a frame the header and the checksum that its bytes deserve.</summary>
    public static void Seal(byte[] segment, int at, FrameHeader header)
    {
        SegmentHeader.TryRead(segment, "", out SegmentHeader owner, out _);
        header.Seal(segment.AsSpan(at, header.FrameLength), owner.Nonce);
    }
}
