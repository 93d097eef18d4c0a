namespace Hypervex.Metadata;

/// <summary>
/// The mathematical order of int64 and float64, without rounding either: 2^53 + 1 is greater than 2^53 as a float, although
/// its conversion to float64 is not.
/// Thread safety: pure functions.
/// </summary>
internal static class NumberOrder
{
    // 2^63: the first float64 above every int64. -2^63 is itself an int64.
    private const double TwoTo63 = 9223372036854775808.0;

    /// <summary>Negative, zero or positive as the integer is less than, equal to or greater than the finite float.</summary>
    public static int Compare(long integer, double number)
    {
        if (number >= TwoTo63)
        {
            return -1;
        }

        if (number < -TwoTo63)
        {
            return 1;
        }

        double whole = Math.Truncate(number);
        int order = integer.CompareTo((long)whole);
        return order != 0 ? order : whole.CompareTo(number);
    }

    /// <summary>The int64 that equals the float, if there is one.</summary>
    public static bool TryToInteger(double number, out long integer)
    {
        bool whole = number >= -TwoTo63 && number < TwoTo63 && Math.Truncate(number) == number;
        integer = whole ? (long)number : 0;
        return whole;
    }
}
