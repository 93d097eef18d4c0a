using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// The checks that every reader makes of its rows.
/// Thread safety: belongs to one reader.
/// </summary>
internal sealed class RowChecks(string path, int? expectedDimension)
{
    private string _dimensionFrom = "--dimension";

    /// <summary>Components per row, as far as they are known.</summary>
    public int? Dimension { get; private set; } = expectedDimension;

    /// <summary>Refuses a row of another dimension than the option or the rows before; the first row decides without an option.</summary>
    public void CheckDimension(long row, long dimension)
    {
        if (dimension is < 1 or > Limits.MaxDimension)
        {
            throw new DataFileException(path, row, Invariant($"1 to {Limits.MaxDimension} components"), Count(dimension));
        }

        if (Dimension is null)
        {
            Dimension = (int)dimension;
            _dimensionFrom = Invariant($"row {row}");
        }
        else if (Dimension != dimension)
        {
            throw new DataFileException(path, row, Invariant($"{Count(Dimension.Value)} as {_dimensionFrom} has"), Count(dimension));
        }
    }

    /// <summary>Refuses a header whose dimension is out of range or not the option's.</summary>
    public void CheckHeader(long dimension)
    {
        if (dimension is < 1 or > Limits.MaxDimension)
        {
            throw new DataFileException(path, null, Invariant($"a dimension of 1 to {Limits.MaxDimension}"), Invariant($"{dimension}"));
        }

        if (Dimension is not null && Dimension != dimension)
        {
            throw new DataFileException(path, null, Invariant($"dimension {Dimension} as --dimension says"), Invariant($"dimension {dimension} in the header"));
        }

        Dimension = (int)dimension;
        _dimensionFrom = "the header";
    }

    /// <summary>Refuses NaN and infinity.</summary>
    public void CheckFinite(long row, ReadOnlySpan<float> vector)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            if (!float.IsFinite(vector[i]))
            {
                throw new DataFileException(path, row, "finite components within float32", Invariant($"component {i} is {vector[i]}"));
            }
        }
    }

    /// <summary>Refuses a row of which only a part is there.</summary>
    public void CheckWhole(long row, int bytesRead, int bytesExpected)
    {
        if (bytesRead != bytesExpected)
        {
            throw new DataFileException(path, row, Invariant($"{bytesExpected} bytes"), Invariant($"the end of the file after {bytesRead} bytes"));
        }
    }

    private static string Count(long dimension) => Invariant($"{dimension} component{(dimension == 1 ? "" : "s")}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
