using System.Globalization;
using Google.Protobuf.Collections;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Server.Routes;
using Hypervex.Wire;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Many records at once: upsert, read, delete, change, list, count, sample.
/// Thread safety: pure functions.
/// </summary>
internal static class BatchMethods
{
    private const int DefaultPage = 100;

    public static void Add(GrpcMethodTable methods)
    {
        const string Service = RecordMethods.Service;
        methods.AddUnary(Service, "UpsertBatch", Access.Write, V1.UpsertBatchRequest.Parser, UpsertAsync);
        methods.AddUnary(Service, "GetBatch", Access.Read, V1.GetBatchRequest.Parser, GetAsync);
        methods.AddUnary(Service, "DeleteBatch", Access.Write, V1.DeleteBatchRequest.Parser, DeleteAsync);
        methods.AddUnary(Service, "UpdateWhere", Access.Write, V1.UpdateWhereRequest.Parser, UpdateWhereAsync);
        methods.AddUnary(Service, "List", Access.Read, V1.ListRequest.Parser, ListAsync);
        methods.AddUnary(Service, "Count", Access.Read, V1.CountRequest.Parser, CountAsync);
        methods.AddUnary(Service, "CountValues", Access.Read, V1.CountValuesRequest.Parser, CountValuesAsync);
        methods.AddUnary(Service, "Sample", Access.Read, V1.SampleRequest.Parser, SampleAsync);
    }

    /// <summary>The records of a batch, as the writer of batches takes them.</summary>
    /// <param name="collection">Where they go.</param>
    /// <param name="messages">The records.</param>
    /// <param name="partial">Whether the good ones are to be written although others are bad.</param>
    public static BatchJson ReadBatch(Collection collection, RepeatedField<V1.Record> messages, bool partial)
    {
        CheckCount(messages.Count, "records");
        var mapping = new RecordMapping(collection);
        var records = new VectorRecord?[messages.Count];
        var faults = new List<BatchFault>();
        for (int i = 0; i < records.Length; i++)
        {
            try
            {
                records[i] = mapping.Read(messages[i]);
            }
            catch (HypervexException error) when (BatchJson.IsFaultOfOneRecord(error.Code))
            {
                var fault = new HypervexException(error.Code, string.Create(CultureInfo.InvariantCulture, $"Record {i}: {error.Message}"), error);
                faults.Add(partial ? new BatchFault(i, error) : throw fault);
            }
        }

        return new BatchJson(records, faults, partial);
    }

    private static async Task<V1.UpsertBatchResponse> UpsertAsync(Call call, V1.UpsertBatchRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        BatchJson batch = ReadBatch(collection, request.Records, request.Partial);
        BatchAnswer answer = await BatchWriter.WriteAsync(collection, batch, RecordMapping.ReadOptions(request.Durability, ""), call.Ended).ConfigureAwait(false);
        var response = new V1.UpsertBatchResponse { Upserted = answer.Upserted };
        response.VectorIds.AddRange(answer.VectorIds.Select(id => id ?? ""));
        response.Superseded.AddRange(answer.Superseded ?? []);
        response.Errors.AddRange((answer.Errors ?? []).Select(error => new V1.RecordError { Index = error.Index, Code = error.Code, Detail = error.Detail }));
        return response;
    }

    private static Task<V1.GetBatchResponse> GetAsync(Call call, V1.GetBatchRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        CheckCount(request.VectorIds.Count, "ids");
        var view = RecordView.Of(request.Include, RecordParts.All);
        var mapping = new RecordMapping(collection);
        var response = new V1.GetBatchResponse();
        var size = new AnswerBytes(call.Server.Options.Limits.MaxBodyBytes);
        foreach (string id in request.VectorIds)
        {
            if (collection.Get(id, view.Parts.ToInclude()) is { } record)
            {
                response.Records.Add(size.Add(mapping.Write(record, view)));
            }
            else
            {
                response.Missing.Add(id);
            }
        }

        return Task.FromResult(response);
    }

    private static async Task<V1.DeleteBatchResponse> DeleteAsync(Call call, V1.DeleteBatchRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        CheckCount(request.VectorIds.Count, "ids");
        WriteOptions options = RecordMapping.ReadOptions(request.Durability, "");
        if (request.HasFilter && request.VectorIds.Count > 0)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "\"vector_ids\" and \"filter\" exclude each other.");
        }

        long deleted = request.HasFilter
            ? collection.DeleteWhere(Filter.Parse(request.Filter), options, call.Ended)
            : (await collection.DeleteBatchAsync(request.VectorIds, options, call.Ended).ConfigureAwait(false)).Count;
        return new V1.DeleteBatchResponse { Deleted = deleted };
    }

    private static Task<V1.UpdateWhereResponse> UpdateWhereAsync(Call call, V1.UpdateWhereRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        MetadataObject metadata = MetadataMapping.Read(request.Metadata)
            ?? throw new HypervexException(ErrorCode.InvalidArgument, "\"metadata\" is missing; it is what the records get.");
        long updated = collection.UpdateWhere(
            Filter.Parse(request.Filter), metadata, RecordMethods.ReadMode(request.MetadataMode), RecordMapping.ReadOptions(request.Durability, ""), call.Ended);
        return Task.FromResult(new V1.UpdateWhereResponse { Updated = updated });
    }

    private static Task<V1.ListResponse> ListAsync(Call call, V1.ListRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        int limit = Range.Check("limit", request.Limit == 0 ? DefaultPage : request.Limit, 1, Limits.MaxPage);
        var view = RecordView.Of(request.Include, RecordParts.All);
        var options = new ListOptions
        {
            Limit = limit,
            Cursor = request.Cursor.Length == 0 ? null : request.Cursor,
            Filter = RecordMapping.ReadFilter(request.Filter),
            Include = view.Parts.ToInclude(),
            OrderBy = request.OrderBy.Length == 0 ? null : request.OrderBy,
            Descending = request.Descending,
        };
        return Task.FromResult(new RecordPages(collection, view).Read(options, call.Ended));
    }

    private static Task<V1.CountResponse> CountAsync(Call call, V1.CountRequest request)
    {
        long count = call.Collection(request.Collection).CountWhere(RecordMapping.ReadFilter(request.Filter), call.Ended);
        return Task.FromResult(new V1.CountResponse { Count = count });
    }

    private static Task<V1.CountValuesResponse> CountValuesAsync(Call call, V1.CountValuesRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        int limit = Range.Check("limit", request.Limit == 0 ? FacetsJson.DefaultLimit : request.Limit, 1, Limits.MaxPage);
        FacetCounts counts = collection.CountValues(request.Field, RecordMapping.ReadFilter(request.Filter), limit, call.Ended);
        var response = new V1.CountValuesResponse { DifferentValues = counts.DifferentValues };
        response.Values.AddRange(counts.Values.Select(facet => new V1.ValueCount { Value = MetadataMapping.Write(facet.Value), Count = facet.Count }));
        return Task.FromResult(response);
    }

    private static Task<V1.SampleResponse> SampleAsync(Call call, V1.SampleRequest request)
    {
        Collection collection = call.Collection(request.Collection);
        int limit = Range.Check("limit", request.Limit == 0 ? SampleJson.DefaultLimit : request.Limit, 1, Limits.MaxPage);
        var view = RecordView.Of(request.Include, RecordParts.All);
        var mapping = new RecordMapping(collection);
        var size = new AnswerBytes(call.Server.Options.Limits.MaxBodyBytes);
        var response = new V1.SampleResponse();
        foreach (VectorRecord one in collection.Sample(limit, RecordMapping.ReadFilter(request.Filter), request.HasSeed ? request.Seed : null, Include.None, call.Ended))
        {
            // One that was deleted since is passed over.
            if (collection.Get(one.Id, view.Parts.ToInclude()) is { } record)
            {
                response.Records.Add(size.Add(mapping.Write(record, view)));
            }
        }

        return Task.FromResult(response);
    }

    private static void CheckCount(int count, string what)
    {
        if (count > Limits.MaxBatch)
        {
            throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"A batch holds at most {Limits.MaxBatch} {what}, found {count}."));
        }
    }
}
