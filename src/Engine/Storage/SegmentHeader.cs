using System.Buffers.Binary;

namespace Hypervex.Storage;

/// <summary>What a compacted segment's header says beyond that of any other: the end of its range, what stands in the file, and which deletions do not any more.</summary>
/// <param name="LastSequence">The end of the range.</param>
/// <param name="Frames">Number of frames.</param>
/// <param name="FrameBytes">Their length.</param>
/// <param name="Inputs">Number of segments that it replaces.</param>
/// <param name="Forgotten">One more than <see cref="ForgottenUpTo"/>; 0 = not known.</param>
internal sealed record CompactedRange(ulong LastSequence, long Frames, long FrameBytes, uint Inputs, ulong Forgotten = 0)
{
    /// <summary>Whether the segment says which deletions are gone. One of an older version, or one that a repair has lost frames of, does not.</summary>
    public bool SaysForgotten => Forgotten != 0;

    /// <summary>
    /// The last sequence of a deletion in the range that nothing tells of any more: whoever knows the records as they were before it cannot learn of it here. 0 = there is none. Where the
    /// segment does not say, all of them may be gone.
    /// </summary>
    public ulong ForgottenUpTo => SaysForgotten ? Forgotten - 1 : LastSequence;
}

/// <summary>The 128-byte header of a log segment (docs/formats/log.md); <c>Compacted</c> is null but for compacted ones.</summary>
internal readonly record struct SegmentHeader(
    ulong FirstSequence,
    ulong Nonce,
    ulong CollectionId,
    uint Partition,
    ulong DurableMark,
    CompactedRange? Compacted = null)
{
    public const int Size = 128;
    private const uint Format = 1;
    private const uint CompactedFlag = 1;

    private static ReadOnlySpan<byte> Magic => "HVXLOG01"u8;

    public void Write(Span<byte> target)
    {
        target[..Size].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], Format);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], Size);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], FirstSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], Nonce);
        BinaryPrimitives.WriteUInt64LittleEndian(target[32..], CollectionId);
        BinaryPrimitives.WriteUInt32LittleEndian(target[40..], Partition);
        BinaryPrimitives.WriteUInt64LittleEndian(target[48..], DurableMark);
        if (Compacted is { } range)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target[44..], CompactedFlag);
            BinaryPrimitives.WriteUInt64LittleEndian(target[56..], range.LastSequence);
            BinaryPrimitives.WriteInt64LittleEndian(target[64..], range.Frames);
            BinaryPrimitives.WriteInt64LittleEndian(target[72..], range.FrameBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(target[80..], range.Inputs);
            BinaryPrimitives.WriteUInt64LittleEndian(target[84..], range.Forgotten);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(target[124..], Checksum.Of(target[..124]));
    }

    /// <summary>Reads a header; <paramref name="problem"/> says what is wrong with it when the answer is false.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, string path, out SegmentHeader header, out string? problem)
    {
        header = default;
        if (source.Length < Size)
        {
            problem = $"The segment header is {source.Length} bytes long, expected {Size}.";
            return false;
        }

        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(source[124..]);
        uint actual = Checksum.Of(source[..124]);
        if (!source[..8].SequenceEqual(Magic) || expected != actual)
        {
            problem = $"The segment header is damaged: its CRC-32C is {actual:x8}, expected {expected:x8}.";
            return false;
        }

        uint format = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        if (format > Format)
        {
            throw new HypervexException(
                ErrorCode.UnsupportedFormat,
                $"{path} has format {format}, this version of Hypervex reads up to {Format}. Open it with the version that wrote it.");
        }

        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(source[44..]);
        if ((flags & ~CompactedFlag) != 0)
        {
            throw new HypervexException(
                ErrorCode.UnsupportedFormat,
                $"{path} has the flags {flags:x}, of which this version of Hypervex knows {CompactedFlag:x}. Open it with the version that wrote it.");
        }

        header = new SegmentHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[48..]),
            flags == 0 ? null : ReadRange(source));
        problem = null;
        return true;
    }

    private static CompactedRange ReadRange(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(source[56..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[64..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[72..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[80..]),
        BinaryPrimitives.ReadUInt64LittleEndian(source[84..]));
}
