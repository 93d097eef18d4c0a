using Hypervex.Distances;

namespace Hypervex.Collections;

/// <summary>Checks of vectors at the engine's door, for records and queries alike.</summary>
internal static class VectorChecks
{
    /// <summary>The field with a name; an error when the schema has none.</summary>
    public static FieldSchema Field(CollectionSchema schema, string? name) =>
        schema.Find(name ?? "") ?? throw new HypervexException(
            ErrorCode.InvalidArgument,
            string.IsNullOrEmpty(name)
                ? $"The collection \"{schema.Name}\" has no default vector field; name one of: {string.Join(", ", schema.Fields.Select(field => field.Name))}."
                : $"The collection \"{schema.Name}\" has no vector field \"{name}\".");

    /// <summary>Checks length, finiteness and the metric's domain.</summary>
    /// <param name="field">The field; a dimension that is undecided accepts any length.</param>
    /// <param name="vector">The vector.</param>
    /// <param name="id">The record's id for the message; null for a query.</param>
    public static void Check(FieldSchema field, ReadOnlySpan<float> vector, string? id)
    {
        if (vector.IsEmpty)
        {
            throw new HypervexException(ErrorCode.InvalidVector, $"{Subject(id)} is empty; expected 1 to {Limits.MaxDimension} numbers.");
        }

        if (vector.Length > Limits.MaxDimension || (field.Options.Dimension is { } dimension && dimension != vector.Length))
        {
            throw Mismatch(field, vector.Length, id);
        }

        switch (VectorDomain.Check(field.Options.Metric, vector, out int badIndex))
        {
            case null:
                return;
            case ErrorCode.NonFiniteVector when badIndex >= 0:
                throw new HypervexException(ErrorCode.NonFiniteVector, $"{Subject(id)} has NaN or infinity at index {badIndex}; every number must be finite as float32.");
            case ErrorCode.NonFiniteVector:
                throw new HypervexException(ErrorCode.NonFiniteVector, $"{Subject(id)} is too long: its squared norm must stay below {VectorDomain.MaxSquaredNorm:g3}.");
            case ErrorCode.ZeroNorm:
                throw new HypervexException(ErrorCode.ZeroNorm, $"{Subject(id)} is zero everywhere, which has no direction under the metric cosine.");
            case { } code:
                throw new HypervexException(code, $"{Subject(id)} lies outside of the domain of the metric {SchemaNames.Of(field.Options.Metric)}.");
        }
    }

    public static HypervexException Mismatch(FieldSchema field, int actual, string? id) => new(
        ErrorCode.DimensionMismatch,
        $"{Subject(id)} has {actual} numbers; the field{(field.Name.Length == 0 ? "" : $" \"{field.Name}\"")} has dimension {field.Options.Dimension?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? $"up to {Limits.MaxDimension}"}.");

    private static string Subject(string? id) => id is null ? "The query vector" : $"The vector of record \"{id}\"";
}
