namespace Hypervex.Indexes;

/// <summary>What the index of one vector field holds.</summary>
/// <param name="Linked">Live rows that are linked into the graph.</param>
/// <param name="Pending">Live rows that wait for linking and are scanned.</param>
/// <param name="Deleted">Removed rows whose slots are not free yet.</param>
/// <param name="Bytes">Bytes of the graph and codes in memory; the full-precision rows are not counted.</param>
internal readonly record struct FieldIndexStats(long Linked, long Pending, long Deleted, long Bytes);
