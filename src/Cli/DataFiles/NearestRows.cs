namespace Hypervex.Cli.DataFiles;

/// <summary>
/// The k best rows that one query has met, sorted by (key, row). Inserting moves up to k entries, which happens to few of the
/// rows: about k ln(n/k) of n.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class NearestRows(int k)
{
    private readonly List<(double Key, int Row)> _found = [];

    /// <summary>Takes the row if it is among the best so far. Rows must come in ascending order.</summary>
    public void Offer(double key, int row)
    {
        if (_found.Count == k)
        {
            // An equal key loses: the row that is there has the smaller number.
            if (key >= _found[^1].Key)
            {
                return;
            }

            _found.RemoveAt(k - 1);
        }

        int at = _found.BinarySearch((key, row));
        _found.Insert(~at, (key, row));
    }

    /// <summary>The rows' numbers, nearest first.</summary>
    public int[] ToArray() => [.. _found.Select(entry => entry.Row)];
}
