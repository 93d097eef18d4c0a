using System.Buffers.Text;

namespace Hypervex.Cli.Benchmarks;

/// <summary>
/// Recall@k: the share of a query's k true nearest neighbours that a search found. A hit that is not among the first k true
/// ids still counts when it is exactly as near as the k-th of them: ties have no right order.
/// </summary>
internal sealed class Recall
{
    private readonly Collection _collection;
    private readonly Metric _metric;
    private readonly byte[] _id = new byte[Limits.MaxIdBytes];

    /// <summary>Creates a judge over a collection whose ids are row numbers.</summary>
    public Recall(Collection collection, Metric metric)
    {
        _collection = collection;
        _metric = metric;
    }

    /// <summary>The row number that a hit's id spells.</summary>
    public int RowOf(in Hit hit)
    {
        if (!_collection.TryCopyId(hit, _id, out int written)
            || !Utf8Parser.TryParse(_id.AsSpan(0, written), out int row, out int read)
            || read != written)
        {
            throw new InvalidOperationException("A hit's id is not a row number.");
        }

        return row;
    }

    /// <summary>Counts the hits that are among the k nearest.</summary>
    /// <param name="query">The query.</param>
    /// <param name="found">Rows found, at most k.</param>
    /// <param name="truth">True neighbours, nearest first, at least k of them.</param>
    /// <param name="k">Number of neighbours that count.</param>
    public int CountFound(ReadOnlySpan<float> query, ReadOnlySpan<int> found, ReadOnlySpan<int> truth, int k)
    {
        ReadOnlySpan<int> nearest = truth[..k];
        int right = 0;
        double? limit = null;
        foreach (int row in found)
        {
            if (nearest.Contains(row))
            {
                right++;
            }
            else
            {
                // Equal, not "at most": a hit that is nearer than the k-th shows that the truth is wrong, and must not hide it.
                limit ??= DistanceTo(query, nearest[^1]);
                right += DistanceTo(query, row) == limit ? 1 : 0;
            }
        }

        return right;
    }

    private double DistanceTo(ReadOnlySpan<float> query, int row)
    {
        VectorRecord record = _collection.Get(row.ToString(System.Globalization.CultureInfo.InvariantCulture), Include.Vectors)
            ?? throw new InvalidOperationException($"There is no record {row}.");
        return ReferenceDistance.Between(_metric, query, record.Vector!);
    }
}
