using Hypervex.Collections;
using Hypervex.Storage;

namespace Hypervex.Server.Metrics;

/// <summary>
/// The metrics of the collections that are open; one that is closing is left out, and none is opened for it.
/// Thread safety: pure functions.
/// </summary>
internal static class CollectionMetrics
{
    public static void Write(IMetricSink sink, Database database)
    {
        (Collection Collection, CollectionStats Stats)[] all = [.. Read(database).OrderBy(one => one.Stats.Name, StringComparer.Ordinal)];
        void One(MetricDescription metric, Func<Collection, CollectionStats, double?> value)
        {
            sink.Begin(metric);
            foreach ((Collection collection, CollectionStats stats) in all)
            {
                if (value(collection, stats) is { } number)
                {
                    sink.Add(number, stats.Name);
                }
            }
        }

        void Each(MetricDescription metric, Func<CollectionStats, IEnumerable<(string Label, double Value)>> values)
        {
            sink.Begin(metric);
            foreach ((_, CollectionStats stats) in all)
            {
                foreach ((string label, double value) in values(stats))
                {
                    sink.Add(value, stats.Name, label);
                }
            }
        }

        One(MetricList.Records, (_, stats) => stats.Count);
        Each(MetricList.Linked, stats => stats.Fields.Select(field => (field.Name, (double)field.Linked)));
        Each(MetricList.Pending, stats => stats.Fields.Select(field => (field.Name, (double)field.Pending)));
        One(MetricList.Searches, (collection, _) => collection.Partition.SearchCounts.Searches);
        One(MetricList.Distances, (collection, _) => collection.Partition.SearchCounts.Distances);
        One(MetricList.Log, (_, stats) => stats.LogBytes);
        One(MetricList.Checkpoint, (collection, _) => CheckpointBytes(collection.Partition.Checkpointer.Last));
        One(MetricList.Rows, (_, stats) => stats.ChunkBytes);
        One(MetricList.Garbage, (_, stats) => stats.GarbageRatio);
        Each(MetricList.Memory, Parts);
        sink.Begin(MetricList.Syncs);
        foreach ((Collection collection, CollectionStats stats) in all)
        {
            sink.Add(collection.Partition.Log.SyncTimes, stats.Name);
        }

        One(MetricList.ScrubProblems, (_, stats) => stats.Scrub?.Problems);
    }

    private static IEnumerable<(Collection Collection, CollectionStats Stats)> Read(Database database)
    {
        foreach (Collection collection in database.OpenedCollections)
        {
            CollectionStats stats;
            try
            {
                stats = collection.GetStats();
            }
            catch (HypervexException error) when (error.Code == ErrorCode.Closed)
            {
                continue;
            }

            yield return (collection, stats);
        }
    }

    private static IEnumerable<(string Part, double Bytes)> Parts(CollectionStats stats) =>
    [
        ("graph", stats.Fields.Sum(field => field.IndexBytes - field.CodeBytes)),
        ("codes", stats.Fields.Sum(field => field.CodeBytes)),
        ("rows", stats.Fields.Sum(field => field.RowMemoryBytes)),
        ("record_table", stats.RecordTableBytes),
        ("field_indexes", stats.FieldIndexes.Sum(index => index.MemoryBytes)),
        ("reserved", stats.PendingBytes),
    ];

    private static double CheckpointBytes(CheckpointEntry? checkpoint) => checkpoint is null
        ? 0
        : checkpoint.Records.Bytes + checkpoint.Fields.Sum(field => field.File.Bytes + (field.Codes?.Bytes ?? 0)) + checkpoint.FieldIndexes.Sum(index => index.File.Bytes);
}
