namespace Hypervex.Storage;

/// <summary>A range of sequences whose frames cannot be read, and the ids that can still be made out in what stands there (unchecked).</summary>
internal sealed record LostFrames(ulong First, ulong Last, IReadOnlyList<string> Ids);

/// <summary>
/// A segment file that changes: what was wrong with it, what is lost, and what it will hold. Without a header the file goes. The frames of a compacted one
/// are sealed anew: they are read with <c>Nonce</c> and written with the header's.
/// </summary>
internal sealed record SegmentRepair(
    string Path, IReadOnlyList<string> Problems, IReadOnlyList<LostFrames> Lost, byte[]? Header, IReadOnlyList<FramePiece> Pieces, ulong Nonce = 0);

/// <summary>A part of a repaired segment: a run of bytes of the old file, one frame that was corrected, or marks in the place of lost frames.</summary>
internal readonly record struct FramePiece(long Offset, long Length, byte[]? Frame, ulong FirstMark, ulong LastMark);
