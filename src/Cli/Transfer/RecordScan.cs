using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Transfer;

/// <summary>Reads a collection page by page, in order of creation.</summary>
internal sealed class RecordScan(IDatabaseTarget target, string collection, Filter? filter)
{
    // Pages of whole records: at most 1,000 x (1 MB document + vector) in memory, usually a few MB.
    private const int PageSize = 1_000;

    /// <summary>Hands every matching record to the visitor.</summary>
    public async Task ForEachAsync(Action<VectorRecord> visit, CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            ListOptions options = new() { Limit = PageSize, Cursor = cursor, Filter = filter, Include = Include.All };
            RecordPage page = await target.ListAsync(collection, options, cancellationToken).ConfigureAwait(false);
            foreach (VectorRecord record in page.Records)
            {
                visit(record);
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }
}
