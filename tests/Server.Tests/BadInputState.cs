using System.Net;
using System.Text.RegularExpressions;

namespace Hypervex.Server.Tests;

/// <summary>What bad input must leave as it is: a database with some of everything, and all of it as one text.</summary>
internal static partial class BadInputState
{
    /// <summary>Writes three records, a second collection, a field index, an alias and a snapshot.</summary>
    public static async Task FillAsync(TestServer server, string directory)
    {
        await server.FillAsync([1f, 2f, 3f], [4f, 5f, 6f], [7f, 8f, 9f]);
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/v1/collections", """{"name":"bits","dimension":12,"metric":"hamming","field_indexes":{"n":"integer"}}""")).Status);
        Assert.Equal(HttpStatusCode.Created, (await server.PostAsync("/api/v1/collections/bits/vectors", """{"vector_id":"a","vector":[255,15],"metadata":{"n":1}}""")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.PutAsync("/api/v1/aliases/live", """{"collection":"bits"}""")).Status);
        Answer job = await server.PostAsync("/api/v1/collections/default/snapshots", "{}");
        Assert.Equal(HttpStatusCode.Accepted, job.Status);
        using var time = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await server.GetAsync("/api/v1/jobs/" + job.Json.GetProperty("id").GetString())).Json.GetProperty("state").GetString() != "done")
        {
            await Task.Delay(20, time.Token);
        }

        byte[] bytes = await File.ReadAllBytesAsync(Directory.GetFiles(Path.Combine(directory, "snapshots", "default")).Single(), time.Token);
        Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("PUT", "/api/v1/collections/default/snapshots/kept.hvsnap", bytes, "application/octet-stream")).Status);
    }

    /// <summary>Records, catalog, aliases, keys, snapshots and jobs as the server tells them, and the names of all files.</summary>
    public static async Task<string> ReadAsync(TestServer server, string directory)
    {
        var parts = new List<string>();
        foreach (string path in new[]
        {
            "/api/v1/collections", "/api/v1/collections/default", "/api/v1/collections/bits", "/api/v1/collections/default/vectors/export", "/api/v1/collections/bits/vectors/export",
            "/api/v1/collections/default/field-indexes", "/api/v1/collections/bits/field-indexes", "/api/v1/aliases", "/api/v1/keys", "/api/v1/collections/default/snapshots", "/api/v1/jobs",
        })
        {
            Answer answer = await server.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            parts.Add($"{path} {Progress().Replace(answer.Body, "")}");
        }

        // The engine's own files come and go with checkpoints in the background.
        parts.AddRange(Directory.GetFiles(Path.Combine(directory, "snapshots"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        return string.Join('\n', parts);
    }

    // A field index may become ready meanwhile.
    [GeneratedRegex("""(?:"ready":(?:true|false),"progress":[0-9.]+,)|(?:"memory_bytes":\d+)""")]
    private static partial Regex Progress();
}
