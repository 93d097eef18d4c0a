using System.Text.Unicode;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>One record of an archive after it has passed every check that a record from the network passes. Immutable.</summary>
internal sealed record ArchivedRecord(RecordInput Input, long ExpiresAtMs, ulong CreatedSequence)
{
    private const int VariableLengthsAt = 64;
    private const int TimesAt = 8;

    /// <summary>Reads a record's body.</summary>
    /// <param name="body">The bytes, not believed.</param>
    /// <param name="source">The schema that the archive describes.</param>
    /// <param name="target">The schema that the record is encoded for.</param>
    /// <exception cref="HypervexException">The record cannot be stored; any code of a refused record.</exception>
    public static ArchivedRecord Read(ReadOnlySpan<byte> body, CollectionSchema source, CollectionSchema target)
    {
        if (!RecordBody.TryRead(body, out RecordBody record))
        {
            throw Refuse("its lengths do not fit");
        }

        RecordFixed values = record.Fixed;
        if (!Utf8.IsValid(record.Id) || !Utf8.IsValid(record.Document) || values.CreatedSequence == 0 || values.VectorsSequence != 0
            || !IsTime(values.CreatedAtMs) || !IsTime(values.UpdatedAtMs) || (values.ExpiresAtMs != 0 && !IsTime(values.ExpiresAtMs)))
        {
            throw Refuse("its id, document or times are not those of a record");
        }

        foreach (RecordVector vector in record.Vectors)
        {
            uint id = vector.Field;
            FieldSchema? field = source.Fields.FirstOrDefault(candidate => candidate.Id == id);
            if (field is null || vector.ElementType != VectorShape.ElementType(field.Options.Metric) || field.Options.Dimension is null)
            {
                throw Refuse($"its vector in field {id} is not of a kind that the description names");
            }
        }

        VectorRecord materialized = PartitionReader.Materialize(record, source, Include.All);
        RecordInput input = RecordInput.Create(materialized, source, keepCreatedAt: true);
        if (input.CreatedAtMs != values.CreatedAtMs || !IsSame(input.Body, body))
        {
            throw Refuse("it is not in its canonical form");
        }

        if (!ReferenceEquals(source, target))
        {
            input = RecordInput.Create(materialized, target, keepCreatedAt: true);
        }

        return new ArchivedRecord(input, values.ExpiresAtMs, values.CreatedSequence);
    }

    /// <summary>Whether a stored record is this one: everything but version, update time and place.</summary>
    public bool IsStoredAs(in RecordBody stored)
    {
        RecordBody.TryRead(Input.Body, out RecordBody mine);
        return stored.Fixed.CreatedAtMs == Input.CreatedAtMs
            && stored.Fixed.ExpiresAtMs == ExpiresAtMs
            && stored.Id.SequenceEqual(mine.Id)
            && stored.Metadata.SequenceEqual(mine.Metadata)
            && stored.HasDocument == mine.HasDocument
            && stored.Document.SequenceEqual(mine.Document)
            && stored.VectorSection.SequenceEqual(mine.VectorSection);
    }

    /// <summary>Whether two bodies differ in nothing but versions, times and sequences.</summary>
    private static bool IsSame(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        one.Length == other.Length && one[..TimesAt].SequenceEqual(other[..TimesAt]) && one[VariableLengthsAt..].SequenceEqual(other[VariableLengthsAt..]);

    private static bool IsTime(long milliseconds) =>
        milliseconds > DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    private static HypervexException Refuse(string problem) => new(ErrorCode.BadSnapshot, problem + ".");
}
