using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>A place in the log between two groups: everything up to the sequence has been applied.</summary>
/// <param name="Sequence">The last sequence before the place.</param>
/// <param name="Place">Where the next frame stood, or would have stood, when the place was noted.</param>
internal sealed record LogPosition(ulong Sequence, RecordLocation Place);
