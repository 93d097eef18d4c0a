namespace Hypervex.Collections;

/// <summary>A place in the log between two groups: everything up to the sequence has been applied.</summary>
/// <param name="Sequence">The last sequence before the place.</param>
/// <param name="Segment">First sequence of the segment.</param>
/// <param name="Offset">Where the next frame stands, or would stand, in the segment.</param>
internal sealed record LogPosition(ulong Sequence, ulong Segment, long Offset);
