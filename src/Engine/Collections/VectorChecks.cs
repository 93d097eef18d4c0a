using System.Globalization;
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

        Metric metric = field.Options.Metric;
        if (VectorShape.DimensionOf(metric, vector.Length) > Limits.MaxDimension
            || (field.Options.Dimension is { } dimension && VectorShape.GivenLength(metric, dimension) != vector.Length))
        {
            throw Mismatch(field, vector.Length, id);
        }

        if (metric == Metric.Lorentz && vector.Length < 2)
        {
            throw new HypervexException(ErrorCode.InvalidVector, $"{Subject(id)} has 1 number; a point of the hyperboloid has 2 or more, the first of which is x0.");
        }

        if (VectorShape.IsBits(metric))
        {
            CheckBits(field, vector, id);
            return;
        }

        var measure = Measure.Of(field.Options);
        switch (VectorDomain.Check(measure, vector, out int badIndex))
        {
            case null:
                return;
            case ErrorCode.NonFiniteVector when badIndex >= 0:
                throw new HypervexException(ErrorCode.NonFiniteVector, $"{Subject(id)} has NaN or infinity at index {badIndex}; every number must be finite as float32.");
            case ErrorCode.NonFiniteVector:
                throw new HypervexException(ErrorCode.NonFiniteVector, $"{Subject(id)} is too long: its squared norm must stay below {VectorDomain.MaxSquaredNorm:g3}.");
            case ErrorCode.ZeroNorm:
                throw new HypervexException(ErrorCode.ZeroNorm, $"{Subject(id)} is zero everywhere, which has no direction under the metric cosine.");
            case ErrorCode.OutOfDomain when field.Options.Project && HyperbolicRows.TryProject(measure, vector.ToArray()):
                return;
            case { } code:
                throw new HypervexException(code, $"{Subject(id)} {HyperbolicRows.Explain(measure, vector)}.");
        }
    }

    /// <summary>Checks a record's vector; returns what is stored of it: itself, or where the field projects it to.</summary>
    public static float[] Accept(FieldSchema field, float[] vector, string? id)
    {
        Check(field, vector, id);
        if (!field.Options.Project)
        {
            return vector;
        }

        float[] moved = [.. vector];
        HyperbolicRows.TryProject(Measure.Of(field.Options), moved);
        return moved;
    }

    public static HypervexException Mismatch(FieldSchema field, int actual, string? id)
    {
        string dimension = field.Options.Dimension?.ToString(CultureInfo.InvariantCulture) ?? $"up to {Limits.MaxDimension}";
        string expected = VectorShape.IsBits(field.Options.Metric)
            ? $" bits: {VectorShape.GivenLength(field.Options.Metric, field.Options.Dimension ?? Limits.MaxDimension)} packed bytes"
            : "";
        return new HypervexException(
            ErrorCode.DimensionMismatch,
            $"{Subject(id)} has {actual} numbers; the field{(field.Name.Length == 0 ? "" : $" \"{field.Name}\"")} has dimension {dimension}{expected}.");
    }

    private static void CheckBits(FieldSchema field, ReadOnlySpan<float> bytes, string? id)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!float.IsFinite(bytes[i]))
            {
                throw new HypervexException(ErrorCode.NonFiniteVector, $"{Subject(id)} has NaN or infinity at index {i}; a bit vector consists of whole numbers from 0 to 255.");
            }

            if (bytes[i] is < 0 or > byte.MaxValue || bytes[i] != MathF.Floor(bytes[i]))
            {
                throw new HypervexException(
                    ErrorCode.InvalidVector,
                    string.Create(CultureInfo.InvariantCulture, $"{Subject(id)} has {bytes[i]} at index {i}; a bit vector consists of packed bytes, whole numbers from 0 to 255."));
            }
        }

        int used = (field.Options.Dimension ?? 0) % 8;
        if (used != 0 && (byte)bytes[^1] >> used != 0)
        {
            throw new HypervexException(
                ErrorCode.InvalidVector, $"{Subject(id)} has bits beyond its dimension {field.Options.Dimension}: of the last byte only the lowest {used} may be set.");
        }
    }

    private static string Subject(string? id) => id is null ? "The query vector" : $"The vector of record \"{id}\"";
}
