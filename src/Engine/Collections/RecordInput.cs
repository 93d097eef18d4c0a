using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// A record that has passed every check that needs no lock, encoded as the body of a put frame except for the fixed part (versions and
/// times), in memory of its own. Thread safety: immutable.
/// </summary>
/// <param name="Body">The put body; its fixed part is still zero.</param>
/// <param name="VectorsAt">Where the vector section starts in the body.</param>
/// <param name="CreatedAtMs">The timestamp that is kept; null = now.</param>
internal sealed record RecordInput(byte[] Body, int VectorsAt, long? CreatedAtMs)
{
    /// <summary>The id in UTF-8.</summary>
    public ReadOnlySpan<byte> Id => RecordBody.IdOf(Body);

    public ReadOnlySpan<byte> VectorSection => Body.AsSpan(VectorsAt);

    /// <summary>Checks a record against the schema and encodes it. Dimensions that are undecided accept any length.</summary>
    public static RecordInput Create(VectorRecord record, CollectionSchema schema, bool keepCreatedAt)
    {
        using var one = new EncodedRecords(1, table: null);
        one.Add(record, schema, keepCreatedAt);
        return one.Copy(0);
    }
}
