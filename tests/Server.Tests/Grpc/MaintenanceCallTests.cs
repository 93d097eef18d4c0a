using Google.Protobuf;
using Hypervex.Server.Tests.Keys;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>Aliases, altering, jobs and snapshots over gRPC.</summary>
public sealed class MaintenanceCallTests : IDisposable
{
    private const string Collections = "/hypervex.v1.Collections/";
    private const string Aliases = "/hypervex.v1.Aliases/";
    private const string Jobs = "/hypervex.v1.Jobs/";
    private const string Snapshots = "/hypervex.v1.Snapshots/";
    private readonly TemporaryData _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task An_alias_is_set_switched_with_others_at_once_and_dropped()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await CreateAsync(caller, "first");
        await CreateAsync(caller, "second");

        V1.Alias set = await caller.CallAsync(Aliases + "Set", new V1.SetAliasRequest { Alias = "live", Collection = "first" }, V1.Alias.Parser);
        Assert.Equal(("live", "first"), (set.Alias_, set.Collection));
        Assert.Equal("first", (await caller.CallAsync(Collections + "Describe", new V1.DescribeCollectionRequest { Name = "live" }, V1.CollectionDescription.Parser)).Name);
        var changes = new V1.ChangeAliasesRequest { Changes = { new V1.AliasChange { Alias = "live", Collection = "second" }, new V1.AliasChange { Alias = "next", Collection = "first" } } };
        Assert.Equal(["live=second", "next=first"], Text(await caller.CallAsync(Aliases + "Change", changes, V1.ListAliasesResponse.Parser)));
        Assert.Equal(["live=second"], Text(await caller.CallAsync(Aliases + "Change", new V1.ChangeAliasesRequest { Changes = { new V1.AliasChange { Alias = "next", Drop = true } } }, V1.ListAliasesResponse.Parser)));
        await caller.CallAsync(Aliases + "Drop", new V1.DropAliasRequest { Alias = "live" }, V1.DropAliasResponse.Parser);
        Assert.Empty((await caller.CallAsync(Aliases + "List", new V1.ListAliasesRequest(), V1.ListAliasesResponse.Parser)).Aliases);
    }

    [Fact]
    public async Task Changes_of_aliases_that_say_nothing_or_say_it_twice_change_nothing()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await CreateAsync(caller, "docs");
        var good = new V1.AliasChange { Alias = "good", Collection = "docs" };
        foreach (V1.AliasChange bad in new[] { new V1.AliasChange { Alias = "live" }, new V1.AliasChange { Alias = "live", Drop = false }, new V1.AliasChange { Alias = "good", Drop = true } })
        {
            await AssertFailsAsync(caller, Aliases + "Change", new V1.ChangeAliasesRequest { Changes = { good, bad } }, "3", "invalid_argument");
        }

        await AssertFailsAsync(caller, Aliases + "Change", new V1.ChangeAliasesRequest { Changes = { good, new V1.AliasChange { Alias = "x", Collection = "nothing" } } }, "5", "collection_not_found");
        await AssertFailsAsync(caller, Aliases + "Set", new V1.SetAliasRequest { Alias = "x", Collection = "nothing" }, "5", "collection_not_found");
        await AssertFailsAsync(caller, Aliases + "Set", new V1.SetAliasRequest { Alias = "docs", Collection = "docs" }, "6", "collection_exists");
        await AssertFailsAsync(caller, Aliases + "Drop", new V1.DropAliasRequest { Alias = "good" }, "5", "not_found");
        Assert.Empty((await caller.CallAsync(Aliases + "List", new V1.ListAliasesRequest(), V1.ListAliasesResponse.Parser)).Aliases);
    }

    [Fact]
    public async Task A_collection_is_altered_and_what_is_absent_stays()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        var create = new V1.CreateCollectionRequest { Name = "docs", Capacity = 5, Vectors = { [""] = new V1.VectorFieldOptions(), ["title"] = new V1.VectorFieldOptions() } };
        await caller.CallAsync(Collections + "Create", create, V1.CollectionDescription.Parser);
        Task<V1.CollectionDescription> Alter(V1.AlterCollectionRequest request) => caller.CallAsync(Collections + "Alter", request, V1.CollectionDescription.Parser);

        V1.CollectionDescription altered = await Alter(new V1.AlterCollectionRequest { Name = "docs", Capacity = 9, Ef = { [""] = 77, ["title"] = 88 } });
        Assert.Equal((9, 77, 88), (altered.Capacity, altered.Vectors[""].Index.Ef, altered.Vectors["title"].Index.Ef));
        altered = await Alter(new V1.AlterCollectionRequest { Name = "docs", Ef = { ["title"] = 99 } });
        Assert.Equal((9, 77, 99), (altered.Capacity, altered.Vectors[""].Index.Ef, altered.Vectors["title"].Index.Ef));
        altered = await Alter(new V1.AlterCollectionRequest { Name = "docs", Unlimited = true });
        Assert.False(altered.HasCapacity);
        Assert.Equal(77, altered.Vectors[""].Index.Ef);
        altered = await Alter(new V1.AlterCollectionRequest { Name = "docs", Durability = "batch", Quantization = { ["title"] = "sq4" } });
        Assert.Equal(("batch", "none", "sq4"), (altered.Durability, altered.Vectors[""].Quantization, altered.Vectors["title"].Quantization));
        altered = await Alter(new V1.AlterCollectionRequest { Name = "docs", DurabilityOfServer = true });
        Assert.False(altered.HasDurability);

        await AssertFailsAsync(caller, Collections + "Alter", new V1.AlterCollectionRequest { Name = "docs" }, "3", "invalid_argument");
        await AssertFailsAsync(caller, Collections + "Alter", new V1.AlterCollectionRequest { Name = "docs", Unlimited = false }, "3", "invalid_argument");
        await AssertFailsAsync(caller, Collections + "Alter", new V1.AlterCollectionRequest { Name = "docs", Capacity = 0 }, "3", "limit_out_of_range");
        await AssertFailsAsync(caller, Collections + "Alter", new V1.AlterCollectionRequest { Name = "docs", Ef = { [""] = 0 } }, "3", "limit_out_of_range");
        await AssertFailsAsync(caller, Collections + "Alter", new V1.AlterCollectionRequest { Name = "docs", Ef = { ["nowhere"] = 5 } }, "3", "invalid_argument");
        await AssertFailsAsync(caller, Collections + "Alter", new V1.AlterCollectionRequest { Name = "docs", Durability = "sometimes" }, "3", "invalid_argument");
        await AssertFailsAsync(caller, Collections + "Alter", new V1.AlterCollectionRequest { Name = "docs", Quantization = { [""] = "sq3" } }, "3", "invalid_argument");
        await AssertFailsAsync(caller, Collections + "Alter", new V1.AlterCollectionRequest { Name = "nowhere", Capacity = 1 }, "5", "collection_not_found");
    }

    [Fact]
    public async Task A_snapshot_is_created_downloaded_uploaded_in_parts_and_restored()
    {
        await using RawCaller caller = await StartAsync();
        for (int batch = 0; batch < 2; batch++)
        {
            await FillAsync(caller, "docs", from: batch * 500, count: 500);
        }

        V1.Job begun = await caller.CallAsync(Snapshots + "Create", new V1.CreateSnapshotRequest { Collection = "docs" }, V1.Job.Parser);
        Assert.Equal(("snapshot", "docs"), (begun.Kind, begun.Collection));
        V1.Job job = await EndAsync(caller, begun);
        Assert.Equal(("done", 1_000L, 1.0), (job.State, job.Records, job.Progress));
        Assert.True(job.FinishedAt.ToDateTime() >= job.StartedAt.ToDateTime());
        V1.Snapshot kept = (await caller.CallAsync(Snapshots + "List", new V1.ListSnapshotsRequest { Collection = "docs" }, V1.ListSnapshotsResponse.Parser)).Snapshots.Single();
        Assert.Equal((begun.Snapshot, job.Bytes), (kept.Name, kept.Bytes));

        CallEnd download = await caller.SendAsync(Snapshots + "Download", new V1.DownloadSnapshotRequest { Collection = "docs", Name = kept.Name });
        V1.DownloadSnapshotResponse[] parts = [.. download.Messages.Select(V1.DownloadSnapshotResponse.Parser.ParseFrom)];
        byte[] file = [.. parts.SelectMany(part => part.Content)];
        Assert.True(parts.Length > 1, "the snapshot fits into one part, so that parts are not tested");
        Assert.All(parts, part => Assert.Equal(kept.Bytes, part.Bytes));
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_data.Path, "snapshots", "docs", kept.Name)), file);

        Assert.Equal((file.Length, "mine.hvsnap"), await UploadAsync(caller, "other", "mine.hvsnap", file));
        var restore = new V1.RestoreSnapshotRequest { Collection = "other", Name = "mine.hvsnap", Into = "back" };
        V1.Job restored = await EndAsync(caller, await caller.CallAsync(Snapshots + "Restore", restore, V1.Job.Parser));
        Assert.Equal(("done", "back", 1_000L), (restored.State, restored.Collection, restored.Records));
        Assert.Equal(1_000, (await caller.CallAsync(Collections + "Describe", new V1.DescribeCollectionRequest { Name = "back" }, V1.CollectionDescription.Parser)).Count);
        V1.Job refused = await EndAsync(caller, await caller.CallAsync(Snapshots + "Restore", restore, V1.Job.Parser));
        Assert.Equal(("failed", "collection_exists"), (refused.State, refused.Problem.Code));
        restore.Replace = true;
        Assert.Equal("done", (await EndAsync(caller, await caller.CallAsync(Snapshots + "Restore", restore, V1.Job.Parser))).State);

        await caller.CallAsync(Snapshots + "Delete", new V1.DeleteSnapshotRequest { Collection = "other", Name = "mine.hvsnap" }, V1.DeleteSnapshotResponse.Parser);
        await AssertFailsAsync(caller, Snapshots + "Delete", new V1.DeleteSnapshotRequest { Collection = "other", Name = "mine.hvsnap" }, "5", "not_found");
        await AssertFailsAsync(caller, Snapshots + "Download", new V1.DownloadSnapshotRequest { Collection = "other", Name = "mine.hvsnap" }, "5", "not_found");
        await AssertFailsAsync(caller, Snapshots + "Restore", restore, "5", "not_found");
        await AssertFailsAsync(caller, Snapshots + "Create", new V1.CreateSnapshotRequest { Collection = "nowhere" }, "5", "collection_not_found");
        await AssertFailsAsync(caller, Snapshots + "List", new V1.ListSnapshotsRequest(), "3", "invalid_name");
    }

    [Fact]
    public async Task An_upload_that_is_no_whole_snapshot_or_whose_name_is_taken_leaves_nothing_behind()
    {
        await using RawCaller caller = await StartAsync();
        await FillAsync(caller, "docs", 0, 20);
        V1.Job job = await EndAsync(caller, await caller.CallAsync(Snapshots + "Create", new V1.CreateSnapshotRequest { Collection = "docs" }, V1.Job.Parser));
        byte[] file = await File.ReadAllBytesAsync(Path.Combine(_data.Path, "snapshots", "docs", job.Snapshot));
        byte[] flipped = [.. file];
        flipped[file.Length / 2] ^= 4;
        foreach (byte[] bad in (byte[][])[[], [1, 2, 3], file[..^1], [.. file, 0], flipped])
        {
            CallEnd end = await caller.SendAsync(Snapshots + "Upload", Parts("docs", "bad.hvsnap", bad));
            Assert.Equal(("3", "bad_snapshot"), (end.Status, end.Code));
        }

        CallEnd none = await caller.SendAsync(Snapshots + "Upload", []);
        Assert.Equal(("3", "invalid_name"), (none.Status, none.Code));
        CallEnd taken = await caller.SendAsync(Snapshots + "Upload", Parts("docs", job.Snapshot, file));
        Assert.Equal(("6", "already_exists"), (taken.Status, taken.Code));
        Assert.Single(Directory.GetFiles(Path.Combine(_data.Path, "snapshots"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Compactions_and_checkpoints_are_jobs_that_are_listed_shown_and_cancelled()
    {
        await using RawCaller caller = await StartAsync();
        await FillAsync(caller, "docs", 0, 20);
        V1.Job compacted = await EndAsync(caller, await caller.CallAsync(Collections + "Compact", new V1.CompactCollectionRequest { Name = "docs" }, V1.Job.Parser));
        V1.Job taken = await EndAsync(caller, await caller.CallAsync(Collections + "Checkpoint", new V1.CheckpointCollectionRequest { Name = "docs" }, V1.Job.Parser));

        Assert.Equal(("compact", "done", true), (compacted.Kind, compacted.State, compacted.HasBytes));
        Assert.Equal(("checkpoint", "done", false), (taken.Kind, taken.State, taken.HasBytes));
        Assert.Equal([taken, compacted], (await caller.CallAsync(Jobs + "List", new V1.ListJobsRequest(), V1.ListJobsResponse.Parser)).Jobs);
        await caller.CallAsync(Jobs + "Cancel", new V1.CancelJobRequest { Id = taken.Id }, V1.CancelJobResponse.Parser);
        Assert.Equal(taken, await caller.CallAsync(Jobs + "Get", new V1.GetJobRequest { Id = taken.Id }, V1.Job.Parser));
        await AssertFailsAsync(caller, Jobs + "Get", new V1.GetJobRequest { Id = "none" }, "5", "not_found");
        await AssertFailsAsync(caller, Jobs + "Cancel", new V1.CancelJobRequest(), "5", "not_found");
        await AssertFailsAsync(caller, Collections + "Compact", new V1.CompactCollectionRequest { Name = "nowhere" }, "5", "collection_not_found");
    }

    [Fact]
    public async Task Restoring_needs_the_key_that_making_the_collection_needs_and_jobs_of_others_are_none()
    {
        await using KeyServer server = await KeyServer.StartAsync(TestServer.Options with { DataPath = _data.Path, GrpcListen = "127.0.0.1:0" });
        var caller = new RawCaller(server.Test);
        (string, string) admin = ("x-api-key", server.Admin);
        await CreateAsync(caller, "mine", admin);
        (string, string) mine = ("x-api-key", await server.CreateAsync("admin", ["mine"], server.Admin));
        (string, string) other = ("x-api-key", await server.CreateAsync("admin", ["other"], server.Admin));
        (string, string) reader = ("x-api-key", await server.CreateAsync("read", ["mine"], server.Admin));
        V1.Job job = await EndAsync(caller, await caller.CallAsync(Snapshots + "Create", new V1.CreateSnapshotRequest { Collection = "mine" }, V1.Job.Parser, mine), mine);
        Assert.Equal("done", job.State);
        async Task<string?> RestoreAsync(string into, bool replace, (string, string) key) =>
            (await caller.SendAsync(Snapshots + "Restore", new V1.RestoreSnapshotRequest { Collection = "mine", Name = job.Snapshot, Into = into, Replace = replace }, key)).Code;

        Assert.Equal("forbidden", await RestoreAsync("new", false, mine));
        Assert.Equal("forbidden", await RestoreAsync("", true, reader));
        Assert.Null(await RestoreAsync("", true, mine));
        Assert.Equal("not_found", (await caller.SendAsync(Jobs + "Get", new V1.GetJobRequest { Id = job.Id }, other)).Code);
        Assert.Equal("forbidden", (await caller.SendAsync(Jobs + "Cancel", new V1.CancelJobRequest { Id = job.Id }, reader)).Code);
        Assert.Empty((await caller.CallAsync(Jobs + "List", new V1.ListJobsRequest(), V1.ListJobsResponse.Parser, other)).Jobs);
        Assert.NotEmpty((await caller.CallAsync(Jobs + "List", new V1.ListJobsRequest(), V1.ListJobsResponse.Parser, reader)).Jobs);
        Assert.Contains("Administered: POST /hypervex.v1.Snapshots/Create subject mine ", server.Log, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Text(V1.ListAliasesResponse answer) => answer.Aliases.Select(alias => $"{alias.Alias_}={alias.Collection}");

    private static Task<V1.CollectionDescription> CreateAsync(RawCaller caller, string name, params (string Name, string Value)[] headers) =>
        caller.CallAsync(Collections + "Create", new V1.CreateCollectionRequest { Name = name }, V1.CollectionDescription.Parser, headers);

    private static async Task FillAsync(RawCaller caller, string collection, int from, int count)
    {
        if (from == 0)
        {
            await CreateAsync(caller, collection);
        }

        var batch = new V1.UpsertBatchRequest { Collection = collection };
        batch.Records.AddRange(Enumerable.Range(from, count).Select(i => new V1.Record { VectorId = $"{i}", Vector = new V1.Vector { Values = { i, 1 } }, Document = string.Concat(Enumerable.Range(i, 250).Select(n => $"{n * 7919 % 1_000_003} ")) }));
        await caller.CallAsync("/hypervex.v1.Records/UpsertBatch", batch, V1.UpsertBatchResponse.Parser);
    }

    // A part of some thousand bytes, an empty one, then the rest.
    private static byte[] Parts(string collection, string name, byte[] content)
    {
        int middle = Math.Min(5_000, content.Length / 2);
        return
        [
            .. RawCaller.Frame(new V1.UploadSnapshotRequest { Collection = collection, Name = name, Content = ByteString.CopyFrom(content, 0, middle) }),
            .. RawCaller.Frame(new V1.UploadSnapshotRequest()),
            .. RawCaller.Frame(new V1.UploadSnapshotRequest { Content = ByteString.CopyFrom(content, middle, content.Length - middle) }),
        ];
    }

    private static async Task<(long Bytes, string Name)> UploadAsync(RawCaller caller, string collection, string name, byte[] content)
    {
        CallEnd end = await caller.SendAsync(Snapshots + "Upload", Parts(collection, name, content));
        Assert.True(end.Status == "0", $"{end.Status} {end.Code} {end.Message}");
        V1.Snapshot snapshot = V1.Snapshot.Parser.ParseFrom(Assert.Single(end.Messages));
        return (snapshot.Bytes, snapshot.Name);
    }

    // A job is asked for until it has ended; what takes longer than a test run has hung.
    private static async Task<V1.Job> EndAsync(RawCaller caller, V1.Job job, params (string Name, string Value)[] headers)
    {
        while (job.State == "running")
        {
            await Task.Delay(10);
            job = await caller.CallAsync(Jobs + "Get", new V1.GetJobRequest { Id = job.Id }, V1.Job.Parser, headers);
        }

        return job;
    }

    private static async Task AssertFailsAsync(RawCaller caller, string path, IMessage message, string status, string code)
    {
        CallEnd end = await caller.SendAsync(path, message);
        Assert.True((end.Status, end.Code) == (status, code), $"{path} {message}: {end.Status} {end.Code} {end.Message}");
    }

    private Task<RawCaller> StartAsync() => RawCaller.StartAsync(TestServer.Options with { DataPath = _data.Path });
}
