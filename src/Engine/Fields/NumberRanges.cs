using Hypervex.Metadata;

namespace Hypervex.Fields;

/// <summary>
/// How numbers stand in a <see cref="NumberColumn"/>, and what a comparison with an operand means there, without rounding. In a field of integers a
/// number stands as itself. In a field of floats it stands as its bits, those of negative numbers turned around, so that neighbours in the order of
/// floats are neighbours as int64 too. Each takes a number of the other kind that it can hold exactly.
/// Thread safety: pure functions.
/// </summary>
internal static class NumberRanges
{
    private const double TwoTo63 = 9223372036854775808.0;

    private static readonly NumberRange _everything = new(long.MinValue, long.MaxValue);

    /// <summary>Where a number stands; false when it cannot stand there exactly, or is none.</summary>
    public static bool TryPlace(EncodedValue value, bool floats, out long place)
    {
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
    public static NumberRange? Of(FilterOperator order, EncodedValue operand, bool floats)
    {
        if (operand.Tag is not (MetadataTag.Integer or MetadataTag.Float))
        {
            return null;
        }

        if (order is not (FilterOperator.Greater or FilterOperator.GreaterOrEqual or FilterOperator.Less or FilterOperator.LessOrEqual))
        {
            return TryPlace(operand, floats, out long place) ? new NumberRange(place, place) : null;
        }

        return floats ? AmongFloats(order, operand) : AmongIntegers(order, operand);
    }

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

        if (upwards)
        {
            return inclusive ? new NumberRange(number, long.MaxValue) : number == long.MaxValue ? null : new NumberRange(number + 1, long.MaxValue);
        }

        return inclusive ? new NumberRange(long.MinValue, number) : number == long.MinValue ? null : new NumberRange(long.MinValue, number - 1);
    }
}
