using System.Text;
using System.Text.Json;

namespace Hypervex.Hostile.Tests;

/// <summary>A collection that no request names: whatever else is asked of the server, it stays as it was and is searched rightly.</summary>
internal sealed class KeptData(HttpWire wire)
{
    /// <summary>Its name.</summary>
    public const string Collection = "kept-0f1e2d3c4b5a";

    private const string Path = "/api/v1/collections/" + Collection;
    private string _content = "";

    /// <summary>Creates and fills it.</summary>
    public async Task CreateAsync()
    {
        await RequireAsync(201, new RestRequest("POST /", "/api/v1/collections", Encoding.UTF8.GetBytes($$"""{"field_indexes":{"n":"integer"},"name":"{{Collection}}","dimension":2,"metric":"l2"}""")));
        string records = string.Join(',', Enumerable.Range(0, 500).Select(i => $$"""{"vector_id":"{{i}}","vector":[{{i}},1],"metadata":{"n":{{i}}},"document":"text {{i}}"}"""));
        await RequireAsync(200, new RestRequest("POST /", Path + "/vectors/batch", Encoding.UTF8.GetBytes($$"""{"vectors":[{{records}}]}""")));
        _content = await ReadAsync();
    }

    /// <summary>Checks that everything is there as it was, and that a search finds what is nearest.</summary>
    public async Task CheckAsync()
    {
        Assert.Equal(_content, await ReadAsync());
        HttpAnswer found = await RequireAsync(200, new RestRequest("POST /", Path + "/vectors/search", """{"query_vector":[250.2,1],"top_k":3,"filter":{"n":{"$gte":100}}}"""u8.ToArray()));
        Assert.Equal(["250", "251", "249"], JsonDocument.Parse(found.Text).RootElement.GetProperty("results").EnumerateArray().Select(hit => hit.GetProperty("vector_id").GetString()));
    }

    /// <summary>Sends a request.</summary>
    public Task<HttpAnswer> AskAsync(RestRequest request) => wire.AskAsync(request.Bytes());

    /// <summary>Sends a valid request.</summary>
    public async Task<HttpAnswer> RequireAsync(int status, RestRequest request)
    {
        HttpAnswer answer = await AskAsync(request);
        Assert.True(answer.Status == status, $"{request.Route} {request.Path}: {answer.Status} {answer.Text}");
        return answer;
    }

    private async Task<string> ReadAsync() =>
        (await RequireAsync(200, new RestRequest("GET /", Path))).Text + (await RequireAsync(200, new RestRequest("GET /", Path + "/vectors/export"))).Text;
}
