namespace Hypervex.Metadata;

/// <summary>
/// Reads dates of RFC 3339, section 5.6, as instants: <c>2024-05-01T12:00:00.5+02:00</c>, with <c>T</c>, <c>t</c> or a space between date and time and
/// <c>Z</c>, <c>z</c> or an offset behind it; also a date alone, <c>2024-05-01</c>, which is its first moment in UTC. An instant is a count of 100 ns since
/// 1970-01-01T00:00:00Z; digits of a second beyond the seventh do not count. A leap second (60, at the end of a day in UTC) is the first moment of the next day.
/// Thread safety: pure functions.
/// </summary>
internal static class Instants
{
    /// <summary>Instants in a millisecond.</summary>
    public const long PerMillisecond = 10_000;

    private const int FractionDigits = 7;
    private const int DateLength = 10;
    private const int ShortestTime = 9;
    private const long PerSecond = 10_000_000;
    private const int MinutesOfDay = 24 * 60;

    /// <summary>The instant that a text names; false when it is no date.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long instant)
    {
        instant = 0;
        if (text.Length < DateLength || text[4] != '-' || text[7] != '-'
            || !TryReadNumber(text[..4], 9999, out int year) || !TryReadNumber(text[5..7], 12, out int month) || !TryReadNumber(text[8..10], 31, out int day)
            || month == 0 || day == 0 || day > DaysOf(year, month))
        {
            return false;
        }

        long minutes = DaysSinceEpoch(year, month, day) * MinutesOfDay;
        if (text.Length == DateLength)
        {
            instant = minutes * 60 * PerSecond;
            return true;
        }

        return text[DateLength] is (byte)'T' or (byte)'t' or (byte)' ' && TryReadTime(text[(DateLength + 1)..], minutes, out instant);
    }

    private static bool TryReadTime(ReadOnlySpan<byte> text, long midnight, out long instant)
    {
        instant = 0;
        if (text.Length < ShortestTime || text[2] != ':' || text[5] != ':'
            || !TryReadNumber(text[..2], 23, out int hour) || !TryReadNumber(text[3..5], 59, out int minute) || !TryReadNumber(text[6..8], 60, out int second))
        {
            return false;
        }

        text = text[8..];
        if (!TryReadFraction(ref text, out long fraction) || !TryReadOffset(text, out int offset))
        {
            return false;
        }

        long minutes = midnight + (hour * 60) + minute - offset;
        if (second == 60)
        {
            // Only where the day ends in UTC, whatever the clock on the wall says there.
            if ((minutes + 1) % MinutesOfDay != 0)
            {
                return false;
            }

            fraction = 0;
        }

        instant = (((minutes * 60) + second) * PerSecond) + fraction;
        return true;
    }

    private static bool TryReadFraction(ref ReadOnlySpan<byte> text, out long fraction)
    {
        fraction = 0;
        if (text[0] != '.')
        {
            return true;
        }

        int digits = 0;
        for (text = text[1..]; !text.IsEmpty && text[0] is >= (byte)'0' and <= (byte)'9'; text = text[1..])
        {
            fraction = digits < FractionDigits ? (fraction * 10) + text[0] - '0' : fraction;
            digits++;
        }

        for (int missing = digits; missing < FractionDigits; missing++)
        {
            fraction *= 10;
        }

        return digits > 0;
    }

    /// <summary>Minutes east of UTC.</summary>
    private static bool TryReadOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        if (text.Length == 1)
        {
            return text[0] is (byte)'Z' or (byte)'z';
        }

        if (text.Length != 6 || text[0] is not ((byte)'+' or (byte)'-') || text[3] != ':'
            || !TryReadNumber(text[1..3], 23, out int hour) || !TryReadNumber(text[4..], 59, out int minute))
        {
            return false;
        }

        minutes = ((hour * 60) + minute) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, int most, out int number)
    {
        number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            number = (number * 10) + digit - '0';
        }

        return number <= most;
    }

    private static int DaysOf(int year, int month) => month switch
    {
        2 => IsLeap(year) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };

    private static bool IsLeap(int year) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    // Years that begin in March have their leap day at the end, so months have a fixed place in them; year 0 of RFC 3339 exists.
    private static long DaysSinceEpoch(int year, int month, int day)
    {
        const int DaysTo1970 = 719_468; // from 0000-03-01
        int shifted = year - (month <= 2 ? 1 : 0);
        int monthFromMarch = (month + 9) % 12;
        int leapDays = FloorDivide(shifted, 4) - FloorDivide(shifted, 100) + FloorDivide(shifted, 400);
        return (365L * shifted) + leapDays + (((153 * monthFromMarch) + 2) / 5) + day - 1 - DaysTo1970;
    }

    private static int FloorDivide(int number, int divisor) => number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor);
}
