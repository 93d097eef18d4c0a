using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Routes;

/// <summary>
/// Upserts a batch: as one atomic write, or, when a partial batch has records that the collection does not accept, record by
/// record.
/// Thread safety: pure functions.
/// </summary>
internal static class BatchWriter
{
    /// <summary>Writes the batch.</summary>
    public static async Task<BatchAnswer> WriteAsync(Collection collection, BatchJson batch, WriteOptions? options, CancellationToken cancellationToken)
    {
        // Indexes of the records that could be read, and the records.
        var indexes = new List<int>(batch.Records.Count);
        var records = new List<VectorRecord>(batch.Records.Count);
        for (int i = 0; i < batch.Records.Count; i++)
        {
            if (batch.Records[i] is { } record)
            {
                indexes.Add(i);
                records.Add(record);
            }
        }

        if (records.Count == 0 && batch.Faults.Count > 0)
        {
            return Answer(batch, 0, [], batch.Faults);
        }

        try
        {
            BatchAck ack = await collection.UpsertBatchAsync(records, options, cancellationToken).ConfigureAwait(false);
            return Answer(batch, ack.Count, [.. ack.Superseded.Select(position => indexes[position])], batch.Faults);
        }
        catch (HypervexException error) when (batch.Partial && BatchJson.IsFaultOfOneRecord(error.Code))
        {
            return await WriteEachAsync(collection, batch, indexes, records, options, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<BatchAnswer> WriteEachAsync(
        Collection collection, BatchJson batch, List<int> indexes, List<VectorRecord> records, WriteOptions? options, CancellationToken cancellationToken)
    {
        // All writes start, in order, before the first is awaited: they share their syncs.
        var writes = new List<Task<Ack>>(records.Count);
        foreach (VectorRecord record in records)
        {
            writes.Add(StartAsync(collection, record, options, cancellationToken));
        }

        await ((Task)Task.WhenAll(writes)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        List<BatchFault> faults = [.. batch.Faults];
        var last = new Dictionary<string, int>(StringComparer.Ordinal);
        var superseded = new List<int>();
        for (int i = 0; i < writes.Count; i++)
        {
            if (writes[i].Exception?.InnerException is HypervexException error && BatchJson.IsFaultOfOneRecord(error.Code))
            {
                faults.Add(new BatchFault(indexes[i], error));
                continue;
            }

            await writes[i].ConfigureAwait(false);

            if (last.TryGetValue(records[i].Id, out int earlier))
            {
                superseded.Add(earlier);
            }

            last[records[i].Id] = indexes[i];
        }

        superseded.Sort();
        faults.Sort((left, right) => left.Index.CompareTo(right.Index));
        return Answer(batch, last.Count, superseded, faults);
    }

    // An error of the call itself becomes one of its task, so that every started write is awaited.
    private static async Task<Ack> StartAsync(Collection collection, VectorRecord record, WriteOptions? options, CancellationToken cancellationToken) =>
        await collection.UpsertAsync(record, options, cancellationToken).ConfigureAwait(false);

    private static BatchAnswer Answer(BatchJson batch, int upserted, List<int> superseded, IReadOnlyList<BatchFault> faults)
    {
        string?[] ids = [.. batch.Records.Select(record => record?.Id)];
        foreach (BatchFault fault in faults)
        {
            ids[fault.Index] = null;
        }

        return new BatchAnswer
        {
            Upserted = upserted,
            VectorIds = ids,
            Superseded = superseded.Count == 0 ? null : superseded,
            Errors = faults.Count == 0
                ? null
                : [.. faults.Select(fault => new BatchError { Index = fault.Index, Code = ErrorTable.NameOf(fault.Error.Code), Detail = fault.Error.Message })],
        };
    }
}
