using Hypervex.Server.Routes;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Pages of a listing that are messages: they end where they become long, because clients accept 4 MB unless told otherwise.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class RecordPages(Collection collection, RecordView view)
{
    /// <summary>A page holds at most this many bytes, or one record.</summary>
    public const int PageBytes = 1 << 20;

    private readonly RecordMapping _mapping = new(collection);

    /// <summary>The page that the options ask for, or as much of it as there is room for.</summary>
    public V1.ListResponse Read(ListOptions options, CancellationToken cancellationToken)
    {
        var response = new V1.ListResponse();
        int left = options.Limit;
        int room = PageBytes;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            ListOptions part = options with { Limit = Math.Min(left, RecordRoutes.PartSize(collection, view.Parts)) };
            RecordPage page = collection.List(part);
            List<V1.Record> records = [.. page.Records.Select(record => _mapping.Write(record, view))];
            int fitting = Fitting(records, room);
            if (fitting < records.Count)
            {
                if (fitting == 0 && response.Records.Count > 0)
                {
                    break;
                }

                // A cursor stands behind a whole page: the one that ends here is asked for anew, and what it holds now is what counts.
                page = collection.List(part with { Limit = Math.Max(fitting, 1) });
                records = [.. page.Records.Select(record => _mapping.Write(record, view))];
                left = 0;
            }

            response.Records.AddRange(records);
            left -= records.Count;
            room -= records.Sum(record => record.CalculateSize());
            options = options with { Cursor = page.NextCursor };
        }
        while (left > 0 && options.Cursor is not null);

        response.NextCursor = options.Cursor ?? "";
        return response;
    }

    private static int Fitting(List<V1.Record> records, int room)
    {
        int fitting = 0;
        foreach (V1.Record record in records)
        {
            room -= record.CalculateSize();
            if (room < 0)
            {
                break;
            }

            fitting++;
        }

        return fitting;
    }
}
