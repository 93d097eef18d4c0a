using System.Runtime.InteropServices;
using Hypervex.Distances;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// A vector's three shapes: what users give (float32 components; for bits the packed bytes as numbers 0 to 255), the elements
/// of a record (docs/formats/record.md), and the row that the index reads (float32; for bits 32 of them in each place, the
/// unused ones zero). Thread safety: pure functions.
/// </summary>
internal static class VectorShape
{
    private const int BitsPerByte = 8;

    /// <summary>Whether vectors under a metric consist of bits.</summary>
    public static bool IsBits(Metric metric) => metric == Metric.Hamming;

    /// <summary>The record's element type.</summary>
    public static int ElementType(Metric metric) => IsBits(metric) ? RecordBody.Bits : RecordBody.Float32;

    /// <summary>The element type of rows in chunks (docs/formats/chunk.md).</summary>
    public static int RowType(Metric metric) => metric is Metric.Poincare or Metric.Lorentz ? ChunkLayout.Float32AndFactor : ElementType(metric);

    /// <summary>The numbers that users give for a dimension.</summary>
    public static int GivenLength(Metric metric, int dimension) => IsBits(metric) ? (dimension + BitsPerByte - 1) / BitsPerByte : dimension;

    /// <summary>The dimension that so many given numbers decide.</summary>
    public static int DimensionOf(Metric metric, int givenLength) => IsBits(metric) ? BitsPerByte * givenLength : givenLength;

    /// <summary>The float32 places of a row.</summary>
    public static int RowLength(Metric metric, int dimension) => ChunkLayout.Places(RowType(metric), dimension);

    /// <summary>Bytes of the elements that so many given numbers make.</summary>
    public static int ElementBytes(Metric metric, int givenLength) => IsBits(metric) ? givenLength : givenLength * sizeof(float);

    /// <summary>Writes the elements of a checked vector.</summary>
    /// <param name="metric">The field's metric.</param>
    /// <param name="given">The vector.</param>
    /// <param name="elements">byte[<see cref="ElementBytes"/>].</param>
    public static void WriteElements(Metric metric, ReadOnlySpan<float> given, Span<byte> elements)
    {
        if (!IsBits(metric))
        {
            MemoryMarshal.AsBytes(given).CopyTo(elements);
            return;
        }

        for (int i = 0; i < given.Length; i++)
        {
            elements[i] = (byte)given[i];
        }
    }

    /// <summary>What the user gave.</summary>
    public static float[] Given(in RecordVector vector)
    {
        if (vector.ElementType != RecordBody.Bits)
        {
            return MemoryMarshal.Cast<byte, float>(vector.Elements).ToArray();
        }

        float[] given = new float[vector.Elements.Length];
        for (int i = 0; i < given.Length; i++)
        {
            given[i] = vector.Elements[i];
        }

        return given;
    }

    /// <summary>The row of a checked query.</summary>
    public static void ToRow(Measure measure, ReadOnlySpan<float> given, Span<float> row)
    {
        if (!IsBits(measure.Metric))
        {
            VectorDomain.Prepare(measure, given, row);
            return;
        }

        Span<byte> bytes = MemoryMarshal.AsBytes(row);
        bytes.Clear();
        for (int i = 0; i < given.Length; i++)
        {
            bytes[i] = (byte)given[i];
        }
    }

    /// <summary>The row of a record's vector.</summary>
    public static void ToRow(Measure measure, in RecordVector vector, Span<float> row)
    {
        if (!IsBits(measure.Metric))
        {
            VectorDomain.Prepare(measure, MemoryMarshal.Cast<byte, float>(vector.Elements), row);
            return;
        }

        Span<byte> bytes = MemoryMarshal.AsBytes(row);
        bytes.Clear();
        vector.Elements.CopyTo(bytes);
    }
}
