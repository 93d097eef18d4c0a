using System.Numerics;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Consecutive rows of a file in float64[count, dimension], and the key by which each metric orders them for a query: it
/// grows with the distance, without the square roots and constants that do not change the order.
/// Thread safety: <see cref="ReadNext"/> alone; <see cref="OrderKey"/> from many threads between two calls of it.
/// </summary>
internal sealed class TruthBlock(IVectorReader reader, Metric metric, int maxComponents)
{
    private VectorRow _row;
    private double[] _components = [];
    private double[] _inverseNorms = [];

    // 1 - |x|^2, for the Poincaré ball.
    private double[] _gaps = [];
    private bool _rowIsWaiting;

    /// <summary>Number of the block's first row in the file.</summary>
    public long First { get; private set; }

    /// <summary>Rows of the block.</summary>
    public int Count { get; private set; }

    /// <summary>Components per row, known after the first read.</summary>
    public int Dimension { get; private set; }

    /// <summary>Reads the next rows in place of these; false when there are none.</summary>
    public bool ReadNext()
    {
        First += Count;
        Count = 0;
        if (!_rowIsWaiting && !TryReadRow())
        {
            return false;
        }

        int capacity = Math.Max(1, maxComponents / Dimension);
        Array.Resize(ref _components, capacity * Dimension);
        Array.Resize(ref _inverseNorms, capacity);
        Array.Resize(ref _gaps, capacity);
        do
        {
            Add(_row.Vector);
        }
        while (TryReadRow() && Count < capacity);
        return true;
    }

    /// <summary>A number that orders the rows of the file by their distance from the query.</summary>
    public double OrderKey(double[] query, int row)
    {
        ReadOnlySpan<double> components = _components.AsSpan(row * Dimension, Dimension);
        return metric switch
        {
            Metric.L2 => Sum<SquaredDifference>(query, components),
            Metric.Dot => -Sum<Product>(query, components),
            Metric.Cosine => -Sum<Product>(query, components) * _inverseNorms[row],
            Metric.Manhattan => Sum<AbsoluteDifference>(query, components),
            Metric.Hamming => DifferingBits(query, components),
            Metric.Poincare => Sum<SquaredDifference>(query, components) / _gaps[row],
            Metric.Lorentz => (query[0] * components[0]) - Sum<Product>(query.AsSpan(1), components[1..]),
            _ => throw new ArgumentOutOfRangeException(nameof(row), metric, "No order is known for this metric."),
        };
    }

    /// <summary>A vector as keys take it; on the hyperboloid with the x0 that belongs to x', whatever x0 it came with.</summary>
    public static double[] Point(Metric metric, float[] vector)
    {
        double[] point = Array.ConvertAll(vector, component => (double)component);
        SetTime(metric, point);
        return point;
    }

    private static void SetTime(Metric metric, Span<double> point)
    {
        if (metric == Metric.Lorentz)
        {
            point[0] = Math.Sqrt(1 + Sum<Product>(point[1..], point[1..]));
        }
    }

    private static int DifferingBits(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        int bits = 0;
        for (int i = 0; i < left.Length; i++)
        {
            bits += int.PopCount((byte)left[i] ^ (byte)right[i]);
        }

        return bits;
    }

    private bool TryReadRow()
    {
        _rowIsWaiting = reader.TryRead(ref _row);
        if (_rowIsWaiting)
        {
            Dimension = _row.Vector.Length > 0
                ? _row.Vector.Length
                : throw new DataFileException(reader.Path, _row.Number, "a vector of the default field", "named vectors only");
        }

        return _rowIsWaiting;
    }

    private void Add(float[] vector)
    {
        Span<double> target = _components.AsSpan(Count * Dimension, Dimension);
        double square = 0;
        for (int i = 0; i < vector.Length; i++)
        {
            target[i] = vector[i];
            square += target[i] * target[i];
        }

        if (square == 0 && metric == Metric.Cosine)
        {
            throw new DataFileException(reader.Path, First + Count, "vectors with a direction, for cosine", "the zero vector");
        }

        SetTime(metric, target);
        _inverseNorms[Count] = 1 / Math.Sqrt(square);
        _gaps[Count] = 1 - square;
        if (metric == Metric.Poincare && square >= 1)
        {
            throw new DataFileException(reader.Path, First + Count, "points inside of the unit ball, for poincare", $"norm {Math.Sqrt(square):g9}");
        }

        Count++;
    }

    private static double Sum<TTerm>(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
        where TTerm : ITerm
    {
        // Two sums hide the latency of one addition behind the other.
        Vector<double> even = Vector<double>.Zero;
        Vector<double> odd = Vector<double>.Zero;
        int width = Vector<double>.Count;
        int i = 0;
        for (; i <= left.Length - (2 * width); i += 2 * width)
        {
            even += TTerm.Of(new Vector<double>(left[i..]), new Vector<double>(right[i..]));
            odd += TTerm.Of(new Vector<double>(left[(i + width)..]), new Vector<double>(right[(i + width)..]));
        }

        double sum = Vector.Sum(even + odd);
        for (; i < left.Length; i++)
        {
            sum += TTerm.Of(new Vector<double>(left[i]), new Vector<double>(right[i]))[0];
        }

        return sum;
    }

    /// <summary>What one pair of components adds to a sum.</summary>
    private interface ITerm
    {
        static abstract Vector<double> Of(Vector<double> left, Vector<double> right);
    }

    private readonly struct SquaredDifference : ITerm
    {
        public static Vector<double> Of(Vector<double> left, Vector<double> right) => (left - right) * (left - right);
    }

    private readonly struct AbsoluteDifference : ITerm
    {
        public static Vector<double> Of(Vector<double> left, Vector<double> right) => Vector.Abs(left - right);
    }

    private readonly struct Product : ITerm
    {
        public static Vector<double> Of(Vector<double> left, Vector<double> right) => left * right;
    }
}
