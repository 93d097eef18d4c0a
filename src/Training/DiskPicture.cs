using System.Globalization;
using System.Security;

namespace Hypervex.Training;

/// <summary>
/// Draws a two-dimensional embedding as SVG: the Poincaré disk, a geodesic from each node to what it directly belongs to, and the names of the nodes with most below them. Thread safety: pure functions.
/// </summary>
public static class DiskPicture
{
    private const int Size = 1000;
    private const double Radius = 480;
    private const double StraightBelow = 1e-4;
    private const int LabelHeight = 18;
    private const double LabelWidthPerLetter = 8.5;

    /// <summary>Writes the picture.</summary>
    /// <param name="target">Receives the SVG.</param>
    /// <param name="hierarchy">The closure that was embedded.</param>
    /// <param name="embedding">Two-dimensional, in the Poincaré ball.</param>
    /// <param name="labels">Names to show at most; those that would cover others are left out.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: an embedding of another dimension or space.</exception>
    public static void Write(TextWriter target, Hierarchy hierarchy, HierarchyEmbedding embedding, int labels = 40)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(embedding);
        if (embedding.Space != EmbeddingSpace.Poincare || embedding.Vectors[0].Length != 2)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, $"A picture needs an embedding in the Poincaré disk, of dimension 2; this one has {embedding.Vectors[0].Length} in {embedding.Space}.");
        }

        target.WriteLine($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Size} {Size}" font-family="sans-serif">""");
        target.WriteLine($"""<rect width="{Size}" height="{Size}" fill="white"/><circle cx="500" cy="500" r="{Radius}" fill="#f7f9fc" stroke="#8899aa"/>""");
        target.WriteLine("""<g fill="none" stroke="#9db4cc" stroke-width="0.6">""");
        foreach ((int child, int parent) in DirectPairs(hierarchy))
        {
            target.WriteLine($"<path d=\"{Geodesic(embedding.Vectors[child], embedding.Vectors[parent])}\"/>");
        }

        target.WriteLine("</g>");
        int[] below = Below(hierarchy);
        for (int node = 0; node < embedding.Names.Count; node++)
        {
            double size = 1.6 + Math.Log2(1 + below[node]);
            target.WriteLine(Format(
                $"<circle cx=\"{X(embedding.Vectors[node]):0.#}\" cy=\"{Y(embedding.Vectors[node]):0.#}\" r=\"{size:0.#}\" fill=\"{(below[node] > 0 ? "#c0392b" : "#2c5f8a")}\" fill-opacity=\"0.75\"><title>{SecurityElement.Escape(embedding.Names[node])}</title></circle>"));
        }

        WriteLabels(target, embedding, below, labels);
        target.WriteLine("</svg>");
    }

    private static void WriteLabels(TextWriter target, HierarchyEmbedding embedding, int[] below, int labels)
    {
        var taken = new List<(double Left, double Right, double Y)>();
        foreach (int node in Enumerable.Range(0, below.Length).Where(node => below[node] > 0).OrderByDescending(node => below[node]).ThenBy(node => node))
        {
            string name = embedding.Names[node].Split('.')[0].Replace('_', ' ');
            double x = X(embedding.Vectors[node]) + 6, y = Y(embedding.Vectors[node]);
            (double Left, double Right, double Y) place = (x, x + (LabelWidthPerLetter * name.Length), y);
            bool covers = taken.Exists(other => Math.Abs(other.Y - y) < LabelHeight && other.Left < place.Right && place.Left < other.Right);
            if (covers || place.Right > Size)
            {
                continue;
            }

            taken.Add(place);
            target.WriteLine(Format($"<text x=\"{x:0.#}\" y=\"{y + 5:0.#}\" font-size=\"15\" stroke=\"white\" stroke-width=\"3\" paint-order=\"stroke\">{SecurityElement.Escape(name)}</text>"));
            if (taken.Count == labels)
            {
                return;
            }
        }
    }

    /// <summary>The pairs of a closure without those that follow from others.</summary>
    private static IEnumerable<(int Child, int Parent)> DirectPairs(Hierarchy hierarchy)
    {
        HashSet<int>[] above = [.. hierarchy.Names.Select(_ => new HashSet<int>())];
        foreach ((int child, int parent) in hierarchy.Pairs)
        {
            above[child].Add(parent);
        }

        return hierarchy.Pairs.Where(pair => !above[pair.Child].Any(between => above[between].Contains(pair.Parent)));
    }

    private static int[] Below(Hierarchy hierarchy)
    {
        int[] below = new int[hierarchy.Names.Count];
        foreach ((_, int parent) in hierarchy.Pairs)
        {
            below[parent]++;
        }

        return below;
    }

    /// <summary>The arc between two points of the circle through them that meets the boundary at right angles; a straight line where that circle is too large.</summary>
    private static string Geodesic(double[] from, double[] to)
    {
        double cross = (from[0] * to[1]) - (from[1] * to[0]);
        string start = Format($"M{X(from):0.#} {Y(from):0.#}");
        if (Math.Abs(cross) < StraightBelow)
        {
            return start + Format($"L{X(to):0.#} {Y(to):0.#}");
        }

        // The centre's products with both points are (1 + |x|^2) / 2.
        double first = (1 + (from[0] * from[0]) + (from[1] * from[1])) / 2, second = (1 + (to[0] * to[0]) + (to[1] * to[1])) / 2;
        double x = ((first * to[1]) - (second * from[1])) / cross, y = ((second * from[0]) - (first * to[0])) / cross;
        double radius = Radius * Math.Sqrt((x * x) + (y * y) - 1);
        return start + Format($"A{radius:0.#} {radius:0.#} 0 0 {(cross > 0 ? 1 : 0)} {X(to):0.#} {Y(to):0.#}");
    }

    private static double X(double[] point) => 500 + (Radius * point[0]);

    private static double Y(double[] point) => 500 - (Radius * point[1]);

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
