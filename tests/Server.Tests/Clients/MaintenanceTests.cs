using Hypervex.Client;
using Hypervex.Wire;

namespace Hypervex.Server.Tests.Clients;

/// <summary>Altering, jobs and snapshots by the client for .NET.</summary>
public sealed class MaintenanceTests : IDisposable
{
    private readonly TemporaryData _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_snapshot_is_made_downloaded_uploaded_and_restored()
    {
        await using TestServer server = await StartAsync();
        using var client = new HypervexClient(server.Address);
        await client.CreateCollectionAsync(new CollectionMessage { Name = "docs", Dimension = 2 });
        await client.Collection("docs").UpsertBatchAsync([.. Enumerable.Range(0, 300).Select(i => new RecordMessage { VectorId = $"{i}", Vector = [i, 1], Document = new string('x', 1_000) })]);
        SnapshotsClient docs = client.Snapshots("docs");
        JobMessage job = await client.Jobs.WaitAsync((await docs.CreateAsync()).Id);
        Assert.Equal(("done", "snapshot", 300L), (job.State, job.Kind, job.Records));
        SnapshotMessage kept = Assert.Single(await docs.ListAsync());
        Assert.Equal((job.Snapshot, job.Bytes), (kept.Name, kept.Bytes));

        using var file = new MemoryStream();
        await docs.DownloadAsync(kept.Name, file);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_data.Path, "snapshots", "docs", kept.Name)), file.ToArray());
        SnapshotsClient other = client.Snapshots("other");
        SnapshotMessage uploaded = await other.UploadAsync("mine.hvsnap", new MemoryStream(file.ToArray()));
        Assert.Equal(("mine.hvsnap", kept.Bytes), (uploaded.Name, uploaded.Bytes));
        JobMessage restored = await client.Jobs.WaitAsync((await other.RestoreAsync("mine.hvsnap", new RestoreMessage { Into = "back" })).Id);
        Assert.Equal(("done", "back", 300L), (restored.State, restored.Collection, restored.Records));
        Assert.Equal(300, await client.Collection("back").CountAsync());
        JobMessage refused = await client.Jobs.WaitAsync((await other.RestoreAsync("mine.hvsnap", new RestoreMessage { Into = "back" })).Id);
        Assert.Equal(("failed", ErrorCodes.CollectionExists), (refused.State, refused.Problem!.Code));

        await AssertFails(ErrorCodes.AlreadyExists, () => other.UploadAsync("mine.hvsnap", new MemoryStream(file.ToArray())));
        await AssertFails(ErrorCodes.BadSnapshot, () => other.UploadAsync("broken.hvsnap", new MemoryStream([1, 2, 3])));
        await other.DeleteAsync("mine.hvsnap");
        Assert.Empty(await other.ListAsync());
        await AssertFails(ErrorCodes.NotFound, () => other.DeleteAsync("mine.hvsnap"));
        await AssertFails(ErrorCodes.NotFound, () => other.DownloadAsync("mine.hvsnap", Stream.Null));
        await AssertFails(ErrorCodes.NotFound, () => other.RestoreAsync("mine.hvsnap"));
    }

    [Fact]
    public async Task A_collection_is_altered_compacted_and_gets_a_checkpoint()
    {
        await using TestServer server = await StartAsync();
        using var client = new HypervexClient(server.Address);
        await client.CreateCollectionAsync(new CollectionMessage { Name = "docs", Dimension = 2, Capacity = 5 });
        CollectionDescription altered = await client.AlterCollectionAsync("docs", new CollectionChangesMessage { Capacity = 9, Index = new IndexChangesMessage { Ef = 77 } });
        Assert.Equal((9L, 77), (altered.Capacity, altered.Index!.Ef));
        altered = await client.AlterCollectionAsync("docs", new CollectionChangesMessage(), removeCapacity: true);
        Assert.Equal((null, 77), (altered.Capacity, altered.Index!.Ef));
        altered = await client.AlterCollectionAsync("docs", new CollectionChangesMessage { Durability = "batch", Quantization = "sq8" });
        Assert.Equal(("batch", "sq8"), (altered.Durability, altered.Quantization));
        Assert.Null((await client.AlterCollectionAsync("docs", new CollectionChangesMessage(), removeDurability: true)).Durability);
        await AssertFails(ErrorCodes.InvalidJson, () => client.AlterCollectionAsync("docs", new CollectionChangesMessage()));
        await Assert.ThrowsAsync<ArgumentException>(() => client.AlterCollectionAsync("docs", new CollectionChangesMessage { Capacity = 1 }, removeCapacity: true));

        JobMessage compacted = await client.Jobs.WaitAsync((await client.CompactAsync("docs")).Id);
        JobMessage taken = await client.Jobs.WaitAsync((await client.CheckpointAsync("docs")).Id);
        Assert.Equal(("compact", "done", "checkpoint", "done"), (compacted.Kind, compacted.State, taken.Kind, taken.State));
        Assert.Equal([taken, compacted], await client.Jobs.ListAsync());
        await client.Jobs.CancelAsync(taken.Id);
        Assert.Equal(taken, await client.Jobs.GetAsync(taken.Id));
        await AssertFails(ErrorCodes.NotFound, () => client.Jobs.WaitAsync("none"));
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(TestServer.Options with { DataPath = _data.Path });

    private static async Task AssertFails(string code, Func<Task> call) => Assert.Equal(code, (await Assert.ThrowsAsync<HypervexClientException>(call)).Code);
}
