namespace Hypervex.Fields;

/// <summary>
/// The postings of one generation, in order of their coming; those behind the count are not of it. A posting stays in it when its last slot goes.
/// Thread safety: what it names up to its count never changes; each posting is written by one, or read by any.
/// </summary>
internal sealed record PostingList(Posting[] All, int Count, int Generation);
