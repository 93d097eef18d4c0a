using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// How numbers stand in a <see cref="NumberColumn"/>, and what a comparison with an operand means there, without rounding. In a field of integers a
/// number stands as itself. In a field of floats it stands as its bits, those of negative numbers turned around, so that neighbours in the order of
/// floats are neighbours as int64 too. In a field of dates it stands as its instant (<see cref="Instants"/>). Integers and floats: each takes a number of the other kind that it can hold exactly.
/// Thread safety: pure functions.
/// </summary>
internal static class NumberRanges
{
    private const double TwoTo63 = 9223372036854775808.0;

    private static readonly NumberRange _everything = new(long.MinValue, long.MaxValue);

    /// <summary>Where a number stands; false when it cannot stand there exactly, or is none.</summary>
    public static bool TryPlace(EncodedValue value, NumberKind kind, out long place)
    {
        if (kind == NumberKind.Instants)
        {
            return DateOperand.TryRead(value, out place);
        }

        bool floats = kind == NumberKind.Floats;
        place = 0;
        switch (value.Tag)
        {
            case MetadataTag.Integer when !floats:
                place = value.Integer;
                return true;
            case MetadataTag.Integer:
                place = PlaceOf((double)value.Integer);
                return NumberOrder.Compare(value.Integer, (double)value.Integer) == 0;
            case MetadataTag.Float when floats:
                place = PlaceOf(value.Float);
                return true;
            case MetadataTag.Float:
                return NumberOrder.TryToInteger(value.Float, out place);
            default:
                return false;
        }
    }

    /// <summary>The place of a float among floats.</summary>
    public static long PlaceOf(double number)
    {
        long bits = BitConverter.DoubleToInt64Bits(number);
        return bits >= 0 ? bits : bits ^ long.MaxValue;
    }

    /// <summary>The float that stands at a place.</summary>
    public static double FloatAt(long place) => BitConverter.Int64BitsToDouble(place >= 0 ? place : place ^ long.MaxValue);

    /// <summary>The places whose number is in this order to the operand; null when there are none.</summary>
    public static NumberRange? Of(FilterOperator order, EncodedValue operand, NumberKind kind)
    {
        if (operand.Tag is not (MetadataTag.Integer or MetadataTag.Float))
        {
            return null;
        }

        if (order is not (FilterOperator.Greater or FilterOperator.GreaterOrEqual or FilterOperator.Less or FilterOperator.LessOrEqual))
        {
            return TryPlace(operand, kind, out long place) ? new NumberRange(place, place) : null;
        }

        return kind == NumberKind.Floats ? AmongFloats(order, operand) : AmongIntegers(order, operand);
    }

    /// <summary>The places whose instant is in this order to another; null when there are none.</summary>
    public static NumberRange? OfInstant(FilterOperator order, long instant) => order switch
    {
        FilterOperator.Greater or FilterOperator.GreaterOrEqual => Beyond(instant, upwards: true, order == FilterOperator.GreaterOrEqual),
        FilterOperator.Less or FilterOperator.LessOrEqual => Beyond(instant, upwards: false, order == FilterOperator.LessOrEqual),
        _ => new NumberRange(instant, instant),
    };

    private static NumberRange? AmongFloats(FilterOperator order, EncodedValue operand)
    {
        double nearest = operand.Tag == MetadataTag.Float ? operand.Float : operand.Integer;
        int isBelow = operand.Tag == MetadataTag.Float ? 0 : NumberOrder.Compare(operand.Integer, nearest); // the operand to the nearest float
        long place = PlaceOf(nearest);
        return order switch
        {
            FilterOperator.Greater => new NumberRange(isBelow < 0 ? place : place + 1, long.MaxValue),
            FilterOperator.GreaterOrEqual => new NumberRange(isBelow <= 0 ? place : place + 1, long.MaxValue),
            FilterOperator.Less => new NumberRange(long.MinValue, isBelow > 0 ? place : place - 1),
            _ => new NumberRange(long.MinValue, isBelow >= 0 ? place : place - 1),
        };
    }

    private static NumberRange? AmongIntegers(FilterOperator order, EncodedValue operand)
    {
        bool upwards = order is FilterOperator.Greater or FilterOperator.GreaterOrEqual;
        bool inclusive = order is FilterOperator.GreaterOrEqual or FilterOperator.LessOrEqual;
        long number;
        if (operand.Tag == MetadataTag.Integer)
        {
            number = operand.Integer;
        }
        else if (operand.Float >= TwoTo63)
        {
            return upwards ? null : _everything;
        }
        else if (operand.Float < -TwoTo63)
        {
            return upwards ? _everything : null;
        }
        else
        {
            // Between two integers the one towards the answer counts, and is included.
            inclusive |= !NumberOrder.TryToInteger(operand.Float, out _);
            number = (long)(upwards ? Math.Ceiling(operand.Float) : Math.Floor(operand.Float));
        }

        return Beyond(number, upwards, inclusive);
    }

    private static NumberRange? Beyond(long number, bool upwards, bool inclusive)
    {
        if (upwards)
        {
            return inclusive ? new NumberRange(number, long.MaxValue) : number == long.MaxValue ? null : new NumberRange(number + 1, long.MaxValue);
        }

        return inclusive ? new NumberRange(long.MinValue, number) : number == long.MinValue ? null : new NumberRange(long.MinValue, number - 1);
    }
}

/// <summary>What the numbers of a <see cref="NumberIndex"/> are.</summary>
internal enum NumberKind
{
    Integers = 0,
    Floats,
    Instants,
}
