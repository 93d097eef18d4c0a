using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Hypervex.Cli.Input;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>gRPC (docs/grpc.md). Vectors are bytes.</summary>
internal sealed class GrpcProtocol(ServerBenchmarkSettings settings) : ILoadProtocol
{
    private const string Records = "/hypervex.v1.Records/";
    private const string Collections = "/hypervex.v1.Collections/";

    /// <inheritdoc/>
    public LoadConnection Connect() => new GrpcLoadConnection(settings.Target);

    /// <inheritdoc/>
    public byte[] Create() => Request(Collections + "Create", new V1.CreateCollectionRequest
    {
        Name = settings.Collection,
        Vectors =
        {
            [""] = new V1.VectorFieldOptions
            {
                Dimension = settings.Dimension,
                Metric = Choice.Word(settings.Metric),
                Index = new V1.IndexOptions { M = settings.M, EfConstruction = settings.EfConstruction },
                Quantization = Choice.Word(settings.Quantization),
            },
        },
    });

    /// <inheritdoc/>
    public byte[] Drop() => Request(Collections + "Drop", new V1.DropCollectionRequest { Name = settings.Collection });

    /// <inheritdoc/>
    public byte[] Stats() => Request(Records + "GetStats", new V1.GetStatsRequest { Collection = settings.Collection });

    /// <inheritdoc/>
    public long ReadPending(ReadOnlySpan<byte> answer) => V1.GetStatsResponse.Parser.ParseFrom(answer).Fields.Sum(field => field.Pending);

    /// <inheritdoc/>
    public byte[] Upsert(int first, ReadOnlySpan<float[]> rows)
    {
        var batch = new V1.UpsertBatchRequest { Collection = settings.Collection };
        for (int i = 0; i < rows.Length; i++)
        {
            batch.Records.Add(new V1.Record { VectorId = Id(first + i), Vector = Vector(rows[i]) });
        }

        return Request(Records + "UpsertBatch", batch);
    }

    /// <inheritdoc/>
    public byte[] Search(float[] query)
    {
        var search = new V1.SearchQuery { QueryVector = Vector(query), TopK = settings.K, Include = new V1.Include() };
        if (settings.Ef is { } ef)
        {
            search.Ef = ef;
        }

        return Request("/hypervex.v1.Search/Search", new V1.SearchRequest { Collection = settings.Collection, Search = search });
    }

    /// <inheritdoc/>
    public int[] ReadRows(ReadOnlySpan<byte> answer) =>
        [.. V1.SearchResponse.Parser.ParseFrom(answer).Results.Select(hit => int.Parse(hit.VectorId, CultureInfo.InvariantCulture))];

    /// <inheritdoc/>
    public byte[] Get(int row) => Request(
        Records + "Get",
        new V1.GetRequest { Collection = settings.Collection, VectorId = Id(row), Include = new V1.Include { Metadata = true, Document = true, Vector = true, Vectors = true, VectorForm = V1.VectorForm.Raw } });

    /// <inheritdoc/>
    public byte[] Update(int row, float[] vector) => Request(Records + "Update", new V1.UpdateRequest { Collection = settings.Collection, VectorId = Id(row), Vector = Vector(vector) });

    /// <inheritdoc/>
    public byte[] Delete(int row) => Request(Records + "Delete", new V1.DeleteRequest { Collection = settings.Collection, VectorId = Id(row) });

    private static string Id(int row) => row.ToString(CultureInfo.InvariantCulture);

    private static V1.Vector Vector(float[] vector) => new() { Raw = ByteString.CopyFrom(MemoryMarshal.AsBytes(vector.AsSpan())) };

    private byte[] Request(string path, IMessage message) => GrpcLoadConnection.Request(settings.Target, path, settings.ApiKey, message.ToByteArray());
}
