using System.Globalization;
using Hypervex.Distances;

namespace Hypervex.Collections;

/// <summary>Checks of options and numbers that users choose.</summary>
internal static class OptionChecks
{
    public static void Check(CollectionOptions options)
    {
        if (options.Vectors is null || options.Vectors.Count is < 1 or > Limits.MaxVectorFields)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"A collection has 1 to {Limits.MaxVectorFields} vector fields, not {options.Vectors?.Count ?? 0}.");
        }

        if (options.Capacity is <= 0)
        {
            throw OutOfRange("capacity", options.Capacity.Value, 1, long.MaxValue);
        }

        CheckDurability(options.Durability);
        CheckFieldIndexes(options.FieldIndexes ?? throw new HypervexException(ErrorCode.InvalidArgument, "The field indexes are null; leave them out when there are none."));
        foreach ((string name, VectorFieldOptions field) in options.Vectors)
        {
            Names.CheckField(name);
            if (field.Dimension is { } dimension)
            {
                CheckRange("dimension", dimension, 1, Limits.MaxDimension);
            }

            CheckRange("m", field.Index.M, Limits.MinM, Limits.MaxM);
            CheckRange("ef_construction", field.Index.EfConstruction, 1, Limits.MaxEfConstruction);
            CheckRange("ef", field.Index.Ef, 1, Limits.MaxEf);
            CheckHyperbolic(name, field);
            CheckQuantization(name, field);
            if (!Enum.IsDefined(field.Index.Type))
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"The field \"{name}\" has an unknown type of index.");
            }

            if (!Enum.IsDefined(field.Metric))
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"The field \"{name}\" has an unknown metric.");
            }
        }
    }

    /// <summary>Checks changes of a collection with a schema.</summary>
    public static void Check(CollectionChanges changes, CollectionSchema schema)
    {
        if (changes.Capacity is <= 0)
        {
            throw OutOfRange("capacity", changes.Capacity.Value, 1, long.MaxValue);
        }

        if (changes is { Capacity: not null, RemoveCapacity: true })
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "A capacity cannot be set and removed at once.");
        }

        if (changes is { Durability: not null, RemoveDurability: true })
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "A durability cannot be set and removed at once.");
        }

        CheckDurability(changes.Durability);
        foreach ((string name, QuantizationKind kind) in changes.Quantization ?? throw new HypervexException(ErrorCode.InvalidArgument, "The quantizations are null; leave them out when none is altered."))
        {
            CheckQuantization(name, VectorChecks.Field(schema, name).Options with { Quantization = kind });
        }

        foreach ((string name, int ef) in changes.Ef ?? throw new HypervexException(ErrorCode.InvalidArgument, "The widths are null; leave them out when none is altered."))
        {
            CheckRange("ef", ef, 1, Limits.MaxEf);
            if (VectorChecks.Field(schema, name).Options.Index.Type == IndexType.Flat)
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"The field \"{name}\" is scanned, and has no ef.");
            }
        }
    }

    public static void CheckFieldIndexes(IEnumerable<KeyValuePair<string, FieldIndexType>> indexes)
    {
        int count = 0;
        foreach ((string field, FieldIndexType type) in indexes)
        {
            Names.CheckIndexedField(field);
            if (!Enum.IsDefined(type))
            {
                throw new HypervexException(ErrorCode.InvalidArgument, $"The field index \"{field}\" has an unknown type.");
            }

            CheckRange("the number of field indexes", ++count, 0, Limits.MaxFieldIndexes);
        }
    }

    private static void CheckDurability(Durability? durability)
    {
        if (durability is { } named && !Enum.IsDefined(named))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"{(int)named} is no durability; expected fsync (0), batch (1) or the operating system's (2).");
        }
    }

    private static void CheckQuantization(string name, VectorFieldOptions field)
    {
        if (!Enum.IsDefined(field.Quantization))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"The field \"{name}\" has an unknown quantization.");
        }

        if (field is { Metric: Metric.Manhattan or Metric.Hamming, Quantization: QuantizationKind.Sq8 or QuantizationKind.Sq4 or QuantizationKind.Binary })
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"The field \"{name}\" asks for {SchemaNames.Of(field.Quantization)} codes, which estimate no {SchemaNames.Of(field.Metric)} distance; use none or auto.");
        }

        if (field is { Index.Type: IndexType.Flat, Quantization: not (QuantizationKind.None or QuantizationKind.Auto) })
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"The field \"{name}\" asks for {SchemaNames.Of(field.Quantization)} codes, which a flat index does not keep; use none or auto.");
        }
    }

    private static void CheckHyperbolic(string name, VectorFieldOptions field)
    {
        bool isHyperbolic = Measure.Of(field).IsHyperbolic;
        if (isHyperbolic ? !(field.Curvature >= Limits.MinCurvature && field.Curvature <= Limits.MaxCurvature) : field.Curvature != 1)
        {
            throw new HypervexException(
                ErrorCode.LimitOutOfRange,
                string.Create(CultureInfo.InvariantCulture, $"The field \"{name}\" has curvature {field.Curvature}; expected ")
                    + (isHyperbolic ? $"{Limits.MinCurvature:g} to {Limits.MaxCurvature:g} (c of a space of curvature -c)." : $"1: {SchemaNames.Of(field.Metric)} has no curvature."));
        }

        if (field.Project && !isHyperbolic)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"The field \"{name}\" asks for projection, which {SchemaNames.Of(field.Metric)} does not know; poincare and lorentz do.");
        }

        if (field is { Metric: Metric.Lorentz, Dimension: 1 })
        {
            throw new HypervexException(ErrorCode.LimitOutOfRange, $"The field \"{name}\" has dimension 1; lorentz needs 2 or more, the first of which is x0.");
        }
    }

    public static void CheckRange(string name, long value, long smallest, long greatest)
    {
        if (value < smallest || value > greatest)
        {
            throw OutOfRange(name, value, smallest, greatest);
        }
    }

    private static HypervexException OutOfRange(string name, long value, long smallest, long greatest) => new(
        ErrorCode.LimitOutOfRange,
        string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; expected {smallest} to {greatest}."));
}
