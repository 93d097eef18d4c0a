using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>The time that the server gives calls that read. Its clock passes the limit at once, so that nothing depends on how long a search takes.</summary>
public sealed class CallDeadlineTests
{
    // More than are compared between two looks at the token.
    private const int Records = 5_000;
    private const string SearchPath = "/hypervex.v1.Search/Search";
    private static readonly V1.SearchQuery _query = new() { QueryVector = new V1.Vector { Values = { 1, 2 } }, Exact = true };

    public static TheoryData<string, byte[]> Searches { get; } = new()
    {
        { SearchPath, RawCaller.Frame(new V1.SearchRequest { Search = _query }) },
        { "/hypervex.v1.Search/SearchGroups", RawCaller.Frame(new V1.SearchGroupsRequest { Search = _query, GroupBy = "n" }) },
        { "/hypervex.v1.Search/SearchBatch", RawCaller.Frame(new V1.SearchBatchRequest { Searches = { _query } }) },
        { "/hypervex.v1.Search/SearchBatchStream", RawCaller.Frame(new V1.SearchBatchRequest { Searches = { _query } }) },
    };

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task A_read_that_takes_longer_than_the_server_gives_it_is_stopped(string path, byte[] request)
    {
        await using RawCaller late = await StartAsync(new Http.DeadlineTests.OverAtOnce());
        CallEnd end = await late.SendAsync(path, request);
        Assert.Equal(("4", "timeout"), (end.Status, end.Code));
        Assert.Contains("request_timeout_seconds", end.Message, StringComparison.Ordinal);
        CallEnd longer = await late.SendAsync(path, request, headers: ("grpc-timeout", "8H"));
        Assert.Equal(("4", "timeout"), (longer.Status, longer.Code));

        // The control: where time passes as usual, the same call ends.
        await using RawCaller usual = await StartAsync(TimeProvider.System);
        Assert.Equal("0", (await usual.SendAsync(path, request)).Status);
    }

    [Fact]
    public async Task Writes_and_streams_that_write_are_not_stopped()
    {
        await using RawCaller late = await StartAsync(new Http.DeadlineTests.OverAtOnce());
        var record = new V1.Record { VectorId = "a", Vector = new V1.Vector { Values = { 1, 2 } } };
        Assert.Equal("0", (await late.SendAsync("/hypervex.v1.Records/Insert", new V1.InsertRequest { Record = record })).Status);
        Assert.Equal("0", (await late.SendAsync("/hypervex.v1.Records/Import", new V1.ImportRequest { Records = { record } })).Status);
        Assert.Equal("0", (await late.SendAsync("/hypervex.v1.Records/UpsertStream", new V1.UpsertStreamRequest { Records = { record } })).Status);
    }

    [Fact]
    public async Task Without_a_limit_nothing_is_stopped()
    {
        await using RawCaller caller = await StartAsync(new Http.DeadlineTests.OverAtOnce(), TimeSpan.Zero);
        Assert.Equal("0", (await caller.SendAsync(SearchPath, new V1.SearchRequest { Search = _query })).Status);
    }

    private static async Task<RawCaller> StartAsync(TimeProvider time, TimeSpan? limit = null)
    {
        RawCaller caller = await RawCaller.StartAsync(TestServer.Options with
        {
            Database = new DatabaseOptions { TimeProvider = time },
            Limits = new ServerLimits { RequestTimeout = limit ?? Http.DeadlineTests.Limit },
        });
        await caller.Server.FillAsync([.. Enumerable.Range(0, Records).Select(i => new[] { 1f, i })]);
        return caller;
    }
}
