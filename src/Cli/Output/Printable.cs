using System.Globalization;
using System.Text;

namespace Hypervex.Cli.Output;

/// <summary>How values are written for people.</summary>
internal static class Printable
{
    /// <summary>Replaces control characters, so that stored text cannot steer the terminal.</summary>
    public static string Clean(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        foreach (char c in text)
        {
            clean.Append(c == '\n' ? ' ' : char.IsControl(c) ? '\uFFFD' : c);
        }

        return clean.ToString();
    }

    /// <summary>A count with thousands separators.</summary>
    public static string Count(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A size in bytes with a binary unit: 1.5 MiB.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture)} {units[unit]}");
    }

    /// <summary>The first components of a vector, and how many there are.</summary>
    public static string Vector(ReadOnlySpan<float> vector)
    {
        const int Shown = 6;
        StringBuilder text = new("[");
        for (int i = 0; i < Math.Min(Shown, vector.Length); i++)
        {
            text.Append(i == 0 ? "" : ", ").Append(vector[i].ToString("0.####", CultureInfo.InvariantCulture));
        }

        return text.Append(vector.Length > Shown ? ", …" : "").Append(CultureInfo.InvariantCulture, $"] ({vector.Length} components)").ToString();
    }

    /// <summary>A number with four decimals.</summary>
    public static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
