using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// The value that a cell of a table stands for. A cell that reads as a JSON number or as true or false is one; everything
/// else is text: also <c>007</c> and <c>+1</c>, which would not come back as they were. An empty cell is no value.
/// Thread safety: pure functions.
/// </summary>
internal static class MetadataCell
{
    /// <summary>Adds the cell to the metadata, unless it is empty.</summary>
    public static void AddTo(MetadataObject metadata, string column, ReadOnlySpan<char> cell, bool asText)
    {
        if (!cell.IsEmpty)
        {
            metadata[column] = asText ? cell.ToString() : Parse(cell);
        }
    }

    private static MetadataValue Parse(ReadOnlySpan<char> cell)
    {
        if (IsJsonNumber(cell, out bool isInteger))
        {
            if (isInteger && long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer))
            {
                return integer;
            }

            double number = double.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture);
            if (!isInteger && double.IsFinite(number))
            {
                return number;
            }
        }

        return cell switch
        {
            "true" => true,
            "false" => false,
            _ => cell.ToString(),
        };
    }

    /// <summary>Whether this is a number by the grammar of RFC 8259, section 6.</summary>
    private static bool IsJsonNumber(ReadOnlySpan<char> text, out bool isInteger)
    {
        isInteger = false;
        text = text.StartsWith("-") ? text[1..] : text;
        int whole = CountDigits(text);
        if (whole == 0 || (whole > 1 && text[0] == '0'))
        {
            return false;
        }

        text = text[whole..];
        isInteger = text.IsEmpty;
        if (text.StartsWith("."))
        {
            int fraction = CountDigits(text[1..]);
            if (fraction == 0)
            {
                return false;
            }

            text = text[(1 + fraction)..];
        }

        if (text.StartsWith("e", StringComparison.OrdinalIgnoreCase))
        {
            text = text[1..].StartsWith("+") || text[1..].StartsWith("-") ? text[2..] : text[1..];
            int exponent = CountDigits(text);
            return exponent > 0 && exponent == text.Length;
        }

        return text.IsEmpty;
    }

    private static int CountDigits(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? text.Length : end;
    }
}
