using System.Globalization;
using System.Text;

namespace Hypervex.Bench.Run;

/// <summary>One line of a plot: its name and its points, recall and queries per second.</summary>
internal sealed record PlotLine(string Name, IReadOnlyList<(double Recall, double Rate)> Points);

/// <summary>
/// Recall against queries per second as an SVG: recall runs from left to right on a scale of 1 - recall that is logarithmic (the step from
/// 0.99 to 0.999 is as wide as that from 0.9 to 0.99), queries per second upwards, logarithmic too.
/// </summary>
internal static class SvgPlot
{
    private const int Width = 760, Height = 440, Left = 76, Right = 20, Top = 40, Bottom = 56;
    private const double NearestToOne = 0.0005;

    private static readonly string[] s_colours = ["#1f6feb", "#2da44e", "#bf8700", "#8250df", "#cf222e", "#57606a"];

    /// <summary>Draws the lines.</summary>
    public static string Draw(string title, IReadOnlyList<PlotLine> lines)
    {
        (double Recall, double Rate)[] all = [.. lines.SelectMany(line => line.Points)];
        double low = all.Max(point => 1 - point.Recall);
        Axis across = new(Math.Log10(Math.Max(low, 0.02)), Math.Log10(NearestToOne), Left, Width - Right);
        Axis up = new(
            Math.Floor(5 * Math.Log10(all.Min(point => point.Rate))) / 5, Math.Ceiling(5 * Math.Log10(all.Max(point => point.Rate))) / 5, Height - Bottom, Top);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">\n")
            .Append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        Text(svg, Width / 2, 20, "middle", title, "font-weight=\"bold\" font-size=\"14\"");
        Grid(svg, across, up);
        for (int i = 0; i < lines.Count; i++)
        {
            Line(svg, lines[i], s_colours[i % s_colours.Length], across, up);
            int y = Top + 18 + (i * 18);
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Left + 12}\" y=\"{y - 9}\" width=\"14\" height=\"4\" fill=\"{s_colours[i % s_colours.Length]}\"/>\n");
            Text(svg, Left + 32, y - 2, "start", lines[i].Name);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Grid(StringBuilder svg, Axis across, Axis up)
    {
        foreach (double recall in (double[])[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999])
        {
            double at = Math.Log10(1 - recall);
            if (at <= across.From)
            {
                Rule(svg, across.At(at), Top, across.At(at), Height - Bottom);
                Text(svg, across.At(at), Height - Bottom + 18, "middle", recall.ToString(CultureInfo.InvariantCulture));
            }
        }

        Text(svg, across.At(across.To), Height - Bottom + 18, "middle", "1");
        foreach (double rate in Enumerable.Range(0, 8).SelectMany(power => (double[])[1, 2, 5], (power, digit) => digit * Math.Pow(10, power)))
        {
            double at = Math.Log10(rate);
            if (at >= up.From && at <= up.To)
            {
                Rule(svg, Left, up.At(at), Width - Right, up.At(at));
                Text(svg, Left - 8, up.At(at) + 4, "end", rate.ToString("N0", CultureInfo.InvariantCulture));
            }
        }

        Text(svg, (Left + Width - Right) / 2, Height - 14, "middle", "recall@10");
        Text(svg, 16, Height / 2, "middle", "queries/s, one thread", string.Create(CultureInfo.InvariantCulture, $"transform=\"rotate(-90 16 {Height / 2})\""));
    }

    private static void Line(StringBuilder svg, PlotLine line, string colour, Axis across, Axis up)
    {
        (double X, double Y)[] places =
        [
            .. line.Points.OrderBy(point => point.Recall)
                .Select(point => (across.At(Math.Log10(Math.Max(1 - point.Recall, NearestToOne))), up.At(Math.Log10(point.Rate)))),
        ];
        string path = string.Join(' ', places.Select(place => string.Create(CultureInfo.InvariantCulture, $"{place.X:0.0},{place.Y:0.0}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n");
        foreach ((double x, double y) in places)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x:0.0}\" cy=\"{y:0.0}\" r=\"3\" fill=\"{colour}\"/>\n");
        }
    }

    private static void Rule(StringBuilder svg, double x1, double y1, double x2, double y2) =>
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.0}\" y1=\"{y1:0.0}\" x2=\"{x2:0.0}\" y2=\"{y2:0.0}\" stroke=\"#d8dee4\"/>\n");

    private static void Text(StringBuilder svg, double x, double y, string anchor, string text, string more = "") =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\" {more}>{System.Security.SecurityElement.Escape(text)}</text>\n");

    /// <summary>Numbers from one to another onto pixels from one to another.</summary>
    private readonly record struct Axis(double From, double To, double FirstPixel, double LastPixel)
    {
        public double At(double value) => FirstPixel + ((value - From) / (To - From) * (LastPixel - FirstPixel));
    }
}
