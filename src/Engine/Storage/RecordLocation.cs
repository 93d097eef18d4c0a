namespace Hypervex.Storage;

/// <summary>
/// Where a record's frame stands, in 8 bytes: 24 bits of segment ordinal, 40 bits of offset in units of 8 bytes. Zero is no
/// location, since no frame stands at offset 0.
/// </summary>
internal readonly record struct RecordLocation(ulong Packed)
{
    private const int OffsetBits = 40;

    public RecordLocation(int segment, long offset)
        : this(((ulong)segment << OffsetBits) | (ulong)(offset / FrameHeader.Alignment))
    {
    }

    public int Segment => (int)(Packed >> OffsetBits);

    public long Offset => (long)(Packed & ((1UL << OffsetBits) - 1)) * FrameHeader.Alignment;
}
