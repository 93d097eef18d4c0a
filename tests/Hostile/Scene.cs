using System.Text;
using System.Text.Json;

namespace Hypervex.Hostile.Tests;

/// <summary>
/// What mutated requests find: two collections, a key, a snapshot. It is set anew from time to time, so that what some of them create does not pile up.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class Scene(KeptData kept)
{
    private const string C = "/api/v1/collections";
    private const string Work = $"{C}/{RestCorpus.Collection}";

    /// <summary>Valid requests over REST.</summary>
    public IReadOnlyList<RestRequest> Rest { get; private set; } = [];

    /// <summary>Valid calls.</summary>
    public IReadOnlyList<GrpcRequest> Grpc { get; private set; } = GrpcCorpus.All([], "");

    /// <summary>Checks that there is a request for every route that the server describes, and a call for every method.</summary>
    public async Task CheckCoverageAsync()
    {
        using var description = JsonDocument.Parse((await GetAsync("/openapi/v1.json")).Text);
        string[] routes = [.. description.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"))];
        Assert.True(routes.Length >= 60, $"only {routes.Length} routes are described");
        Assert.Empty(routes.Except(RestCorpus.All([], "").Select(request => request.Route)));
        Assert.Empty(RestCorpus.All([], "").Select(request => request.Route).Except(routes));
        string[] methods = [.. GrpcCorpus.AllMethods()];
        Assert.True(methods.Length >= 35, $"only {methods.Length} methods are described");
        Assert.Empty(methods.Except(Grpc.Select(request => request.Path)));
    }

    /// <summary>Removes what requests have created, and creates what they need.</summary>
    public async Task SetAsync()
    {
        await ClearAsync();
        foreach (string name in new[] { RestCorpus.Collection, "default" })
        {
            await SendAsync(201, "POST", C, $$"""{"field_indexes":{"n":"integer"},"name":"{{name}}","dimension":3}""");
            string records = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"vector_id":"{{i}}","vector":[{{i}},1,2],"metadata":{"n":{{i}},"a":"b"},"document":"text {{i}}"}"""));
            await SendAsync(200, "POST", $"{C}/{name}/vectors/batch", $$"""{"vectors":[{{records}}]}""");
        }

        byte[] snapshot = await SnapshotAsync();
        string key = Member(await SendAsync(201, "POST", "/api/v1/keys", """{"name":"scene","scope":"read"}"""), "id");
        Rest = RestCorpus.All(snapshot, key);
        Grpc = GrpcCorpus.All(snapshot, key);
    }

    /// <summary>Checks that no memory of bodies is held when no request is under way, and that no place among those that run is taken.</summary>
    public async Task CheckNothingIsHeldAsync()
    {
        using var time = new CancellationTokenSource(HttpWire.Patience);
        string metrics;
        do
        {
            // The last step of a request may come after its client has all of the answer.
            time.Token.ThrowIfCancellationRequested();
            metrics = (await GetAsync("/metrics")).Text;
        }
        while (!metrics.Contains("\nhypervex_body_bytes 0\n", StringComparison.Ordinal) || metrics.Split('\n').Any(line => line.StartsWith("hypervex_requests_running{", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal)));
    }

    private static string Member(HttpAnswer answer, string name) => JsonDocument.Parse(answer.Text).RootElement.GetProperty(name).GetString()!;

    // A request whose connection was cut may still be at work when the listings are read: what it creates is found in the next turn.
    private async Task ClearAsync()
    {
        using var time = new CancellationTokenSource(HttpWire.Patience);
        bool isClear = false;
        while (!isClear)
        {
            time.Token.ThrowIfCancellationRequested();
            isClear = true;
            await WaitForJobsAsync();
            var paths = new List<string>();
            paths.AddRange((await NamesAsync("/api/v1/aliases", "aliases", "alias")).Select(alias => "/api/v1/aliases/" + Uri.EscapeDataString(alias)));
            paths.AddRange((await NamesAsync("/api/v1/keys", "keys", "id")).Select(key => "/api/v1/keys/" + key));
            foreach (string name in await NamesAsync(C, "collections", "name"))
            {
                paths.AddRange((await NamesAsync($"{C}/{name}/snapshots", "snapshots", "name")).Select(snapshot => $"{C}/{name}/snapshots/{snapshot}"));
                paths.AddRange(name == KeptData.Collection ? [] : [$"{C}/{name}"]);
            }

            foreach (string path in paths)
            {
                isClear = false;
                await kept.AskAsync(new RestRequest("DELETE /", path));
            }
        }
    }

    private async Task<byte[]> SnapshotAsync()
    {
        using var time = new CancellationTokenSource(HttpWire.Patience);
        HttpAnswer job;
        do
        {
            time.Token.ThrowIfCancellationRequested();
            await WaitForJobsAsync();
            job = await kept.AskAsync(new RestRequest("POST /", Work + "/snapshots", "{}"u8.ToArray()));
        }
        while (job.Status == 429);

        await WaitForJobsAsync();
        string path = $"{Work}/snapshots/{Member(job, "snapshot")}";
        byte[] bytes = (await GetAsync(path)).Body;
        await SendAsync(204, "DELETE", path);
        return bytes;
    }

    private async Task WaitForJobsAsync()
    {
        using var time = new CancellationTokenSource(HttpWire.Patience);
        while ((await GetAsync("/api/v1/jobs")).Text.Contains("\"state\":\"running\"", StringComparison.Ordinal))
        {
            await Task.Delay(20, time.Token);
        }
    }

    private async Task<List<string>> NamesAsync(string path, string list, string member) =>
        [.. JsonDocument.Parse((await GetAsync(path)).Text).RootElement.GetProperty(list).EnumerateArray().Select(item => item.GetProperty(member).GetString()!)];

    private Task<HttpAnswer> GetAsync(string path) => SendAsync(200, "GET", path);

    private Task<HttpAnswer> SendAsync(int status, string method, string path, string? body = null) =>
        kept.RequireAsync(status, new RestRequest($"{method} /", path, body is null ? null : Encoding.UTF8.GetBytes(body)));
}
