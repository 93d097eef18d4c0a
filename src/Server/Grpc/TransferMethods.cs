using System.Runtime.CompilerServices;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Hypervex.Server.Routes;
using Hypervex.Wire;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Streams of records of any length: upsert with acknowledgements, import, export. Each batch and each page waits until it may run, and is refused when the caller's key counts no more.
/// Thread safety: pure functions.
/// </summary>
internal static class TransferMethods
{
    public static void Add(GrpcMethodTable methods)
    {
        const string Service = RecordMethods.Service;
        methods.AddDuplex(Service, "UpsertStream", Access.Write, V1.UpsertStreamRequest.Parser, (call, requests) => UpsertAsync(call, requests));
        methods.AddClientStream(Service, "Import", Access.Write, V1.ImportRequest.Parser, ImportAsync);
        methods.AddPages(Service, "Export", Access.Read, V1.ExportRequest.Parser, (call, request) => ExportAsync(call, request));
    }

    private static async IAsyncEnumerable<V1.UpsertStreamResponse> UpsertAsync(
        Call call, IAsyncEnumerable<V1.UpsertStreamRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Collection? collection = null;
        WriteOptions? options = null;
        await foreach (V1.UpsertStreamRequest request in requests.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            collection ??= call.Collection(request.Collection);
            options ??= RecordMapping.ReadOptions(request.Durability, "") with { KeepCreatedAt = request.KeepCreatedAt };
            BatchJson batch = BatchMethods.ReadBatch(collection, request.Records, partial: false);
            BatchAnswer written = await BatchWriter.WriteAsync(collection, batch, options, cancellationToken).ConfigureAwait(false);
            var response = new V1.UpsertStreamResponse { Tag = request.Tag, Upserted = written.Upserted };
            response.VectorIds.AddRange(written.VectorIds);
            response.Superseded.AddRange(written.Superseded ?? []);
            yield return response;
        }
    }

    private static async Task<V1.ImportResponse> ImportAsync(Call call, IAsyncEnumerable<V1.ImportRequest> requests)
    {
        Collection? collection = null;
        WriteOptions? options = null;
        long imported = 0;
        await foreach (V1.ImportRequest request in requests.WithCancellation(call.Aborted).ConfigureAwait(false))
        {
            collection ??= call.Collection(request.Collection);
            options ??= RecordMapping.ReadOptions(request.Durability, "") with { KeepCreatedAt = true };
            BatchJson batch = BatchMethods.ReadBatch(collection, request.Records, partial: false);
            await BatchWriter.WriteAsync(collection, batch, options, call.Aborted).ConfigureAwait(false);
            imported += batch.Records.Count;
        }

        return new V1.ImportResponse { Imported = imported };
    }

    private static async IAsyncEnumerable<V1.ExportResponse> ExportAsync(Call call, V1.ExportRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Collection collection = call.Collection(request.Collection);
        var view = RecordView.Of(request.Include, RecordParts.All);
        var mapping = new RecordMapping(collection);
        var page = new ExportPage();
        var options = new ListOptions { Limit = RecordRoutes.PartSize(collection, view.Parts), Include = view.Parts.ToInclude() };
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RecordPage records = collection.List(options);
            foreach (VectorRecord record in records.Records)
            {
                if (page.Add(mapping.Write(record, view)) is { } full)
                {
                    yield return full;
                }
            }

            if (records.NextCursor is null)
            {
                break;
            }

            options = options with { Cursor = records.NextCursor };
            await call.EnterAsync().ConfigureAwait(false);
        }

        if (page.Rest is { } rest)
        {
            yield return rest;
        }
    }

    // Clients accept messages of 4 MB unless told otherwise; a record is smaller than 3 MB unless it has vectors in many fields.
    private sealed class ExportPage
    {
        private const int FullBytes = 1 << 20;
        private V1.ExportResponse _page = new();
        private int _bytes;

        public V1.ExportResponse? Rest => _page.Records.Count == 0 ? null : _page;

        public V1.ExportResponse? Add(V1.Record record)
        {
            _page.Records.Add(record);
            _bytes += record.CalculateSize();
            if (_bytes < FullBytes)
            {
                return null;
            }

            V1.ExportResponse full = _page;
            (_page, _bytes) = (new V1.ExportResponse(), 0);
            return full;
        }
    }
}
