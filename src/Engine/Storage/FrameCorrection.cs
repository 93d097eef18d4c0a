namespace Hypervex.Storage;

/// <summary>
/// Finds the one flipped bit of a frame: the flip after which the checksum holds and the sequence is one of those that may stand there. CRC-32C tells all single flips of
/// frames of this size apart (Koopman 2002: distance 4 up to 2^31 bits); a frame with more wrong bits passes for one of them in less than one of
/// 100,000 cases, and is reported as corrected in any case. Thread safety: pure functions.
/// </summary>
internal static class FrameCorrection
{
    private const int MaxBody = 4096;

    /// <summary>The corrected frame, padding included; null when no single flip explains it.</summary>
    public static byte[]? TryFind(IFile file, long offset, ulong nonce, ulong first, ulong last)
    {
        var bytes = new byte[FrameHeader.LengthOf(MaxBody)];
        int read = file.Read(bytes, offset);
        if (read < FrameHeader.Size)
        {
            return null;
        }

        Span<byte> frame = bytes.AsSpan(0, read);
        int length = FrameHeader.TryRead(frame, out FrameHeader asItStands) && asItStands.BodyLength <= MaxBody ? FrameHeader.Size + asItStands.BodyLength : FrameHeader.Size;
        for (int bit = 0; bit < Math.Min(length, read) * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            if (FrameHeader.TryRead(frame, out FrameHeader header)
                && header.Sequence >= first
                && header.Sequence <= last
                && header.BodyLength <= MaxBody
                && header.FrameLength <= read
                && header.Checks(frame, nonce, out _, out _)
                && IsSound(header, frame.Slice(FrameHeader.Size, header.BodyLength)))
            {
                return frame[..header.FrameLength].ToArray();
            }

            frame[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        return null;
    }

    private static bool IsSound(FrameHeader header, ReadOnlySpan<byte> body) => header.Kind switch
    {
        FrameKind.Put => RecordBody.TryRead(body, out _),
        FrameKind.Delete => TombstoneBody.TryRead(body, out _),
        _ => true,
    };
}
