using System.Net;
using Google.Protobuf;
using Hypervex.Server.Tests.Keys;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>Calls that name a collection by an alias.</summary>
public sealed class AliasCallTests
{
    [Fact]
    public async Task An_alias_leads_to_its_collection_and_a_key_counts_for_that_and_not_for_the_alias()
    {
        await using KeyServer server = await KeyServer.StartAsync(TestServer.Options with { GrpcListen = "127.0.0.1:0" });
        var caller = new RawCaller(server.Test);
        foreach (string name in new[] { "one", "two" })
        {
            Assert.Equal(HttpStatusCode.Created, (await server.SendAsync("POST", "/api/v1/collections", $$"""{"name": "{{name}}"}""", server.Admin)).Status);
        }

        string ofOne = await server.CreateAsync("admin", ["one"], server.Admin);
        string ofAlias = await server.CreateAsync("admin", ["live"], server.Admin);
        Assert.Equal("collection_not_found", (await CountAsync(server.Admin)).Code); // the control: without an alias there is nothing

        await SwitchAsync("one");
        Assert.Equal("0", (await CountAsync(ofOne)).Status);
        Assert.Equal("0", (await DescribeAsync(ofOne)).Status);
        Assert.Equal("forbidden", (await CountAsync(ofAlias)).Code);
        Assert.Equal("forbidden", (await DescribeAsync(ofAlias)).Code);

        await SwitchAsync("two");
        Assert.Equal("forbidden", (await CountAsync(ofOne)).Code);
        Assert.Equal("forbidden", (await DescribeAsync(ofOne)).Code);
        Assert.Equal("0", (await CountAsync(server.Admin)).Status);

        async Task SwitchAsync(string collection) =>
            Assert.Equal(HttpStatusCode.OK, (await server.SendAsync("PUT", "/api/v1/aliases/live", $$"""{"collection": "{{collection}}"}""", server.Admin)).Status);

        Task<CallEnd> CountAsync(string key) => CallAsync("/hypervex.v1.Records/Count", new V1.CountRequest { Collection = "live" }, key);

        Task<CallEnd> DescribeAsync(string key) => CallAsync("/hypervex.v1.Collections/Describe", new V1.DescribeCollectionRequest { Name = "live" }, key);

        Task<CallEnd> CallAsync(string path, IMessage message, string key) => caller.SendAsync(path, message, ("x-api-key", key));
    }
}
