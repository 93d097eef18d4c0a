using System.IO.Compression;
using System.Net;
using System.Text;
using Hypervex.Wire;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>What the server makes of bytes, good and bad: gRPC over HTTP/2 case by case.</summary>
public sealed class ProtocolTests
{
    private const string Count = "/hypervex.v1.Records/Count";
    private const string Import = "/hypervex.v1.Records/Import";

    private static readonly byte[] _empty = RawCaller.Frame([]);

    [Fact]
    public async Task A_call_that_succeeds_has_its_status_in_the_trailers_behind_the_message()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        CallEnd end = await caller.SendAsync(Count, _empty);
        Assert.Equal((HttpStatusCode.OK, "0", false), (end.Http, end.Status, end.InHeaders));
        Assert.Equal(0, V1.CountResponse.Parser.ParseFrom(Assert.Single(end.Messages)).Count);
        Assert.Null(end.Message);
        Assert.Null(end.Details);
    }

    [Fact]
    public async Task A_call_that_fails_before_any_message_has_its_status_in_the_headers_and_typed_details()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        CallEnd end = await caller.SendAsync("/hypervex.v1.Records/Get", new V1.GetRequest { VectorId = "Zoë 100%" });
        Assert.Equal((HttpStatusCode.OK, "5", true, "not_found"), (end.Http, end.Status, end.InHeaders, end.Code));
        Assert.Equal("There is no record with the id \"Zo%C3%AB 100%25\".", end.Message);
        var status = V1.ErrorStatus.Parser.ParseFrom(end.Details);
        Assert.Equal((5, "There is no record with the id \"Zoë 100%\"."), (status.Code, status.Message));
        Assert.Equal("not_found", Assert.Single(status.Details).Unpack<V1.ErrorDetails>().Code);
    }

    public static TheoryData<string, string, byte[], string, string> BrokenBodies { get; } = new()
    {
        { "no message", Count, [], "12", "bad_request" },
        { "two messages", Count, [.. _empty, .. _empty], "12", "bad_request" },
        { "a prefix that is cut off", Count, [0, 0, 0], "13", "bad_request" },
        { "a message that is cut off", Count, [0, 0, 0, 0, 9, 1], "13", "bad_request" },
        { "a message that is cut off in a stream", Import, [0, 0, 0, 0, 9, 1], "13", "bad_request" },
        { "a flag that is none", Count, [2, 0, 0, 0, 0], "13", "bad_request" },
        { "compressed without a coding", Count, [1, 0, 0, 0, 0], "13", "bad_request" },
        { "no protobuf", Count, RawCaller.Frame([0xFF, 0xFF, 0xFF]), "13", "bad_request" },
        { "a text that is no UTF-8", Count, RawCaller.Frame([0x12, 2, 0xC3, 0x28]), "13", "bad_request" },
        { "a text deep inside that is no UTF-8", "/hypervex.v1.Records/Insert", RawCaller.Frame([0x12, 3, 0x0A, 1, 0xFF]), "13", "bad_request" },
        { "a text that is UTF-8", Count, RawCaller.Frame([0x0A, 2, 0xC3, 0xA9]), "3", "invalid_name" },
        { "a message larger than the limit, of which nothing has come", Count, [0, 0xFF, 0xFF, 0xFF, 0xFF], "8", "body_too_large" },
        { "nothing in a stream", Import, [], "0", "" },
    };

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task Bytes_that_are_no_message_get_the_status_of_the_protocol(string name, string path, byte[] body, string status, string code)
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        CallEnd end = await caller.SendAsync(path, body);
        Assert.True((end.Status, end.Code ?? "") == (status, code), $"{name}: {end.Status} {end.Code} {end.Message}");
        Assert.Equal("0", (await caller.SendAsync(Count, _empty)).Status); // the connection goes on
    }

    public static TheoryData<string, string, string> Headers { get; } = new()
    {
        { "grpc-timeout", "12", "13" },
        { "grpc-timeout", "123456789S", "13" },
        { "grpc-timeout", "1s", "13" },
        { "grpc-timeout", "-1S", "13" },
        { "grpc-timeout", "0S", "4" },
        { "grpc-timeout", "99999999H", "0" },
        { "grpc-timeout", "1H", "0" },
        { "grpc-encoding", "snappy", "12" },
        { "grpc-encoding", "identity", "0" },
        { "grpc-encoding", "gzip", "0" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task A_header_is_read_as_the_protocol_says(string name, string value, string status)
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        CallEnd end = await caller.SendAsync(Count, _empty, headers: (name, value));
        Assert.True(end.Status == status, $"{name}: {value} got {end.Status} {end.Message}");
        Assert.Equal(["identity,gzip"], end.Headers.GetValues("grpc-accept-encoding"));
    }

    [Theory]
    [InlineData("POST", "application/json")]
    [InlineData("POST", "application/grpc-web")]
    [InlineData("POST", "application/grpc+json")]
    [InlineData("GET", "application/grpc")]
    public async Task What_is_no_gRPC_gets_an_HTTP_status(string method, string contentType)
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        CallEnd end = await caller.SendAsync(Count, _empty, contentType, method);
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, null), (end.Http, end.Status));
        Assert.Equal("0", (await caller.SendAsync(Count, _empty, "application/grpc+proto")).Status);
    }

    [Fact]
    public async Task A_method_that_does_not_exist_is_unimplemented()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        CallEnd end = await caller.SendAsync("/hypervex.v1.Records/Fly", _empty);
        Assert.Equal(("12", "route_not_found"), (end.Status, end.Code));
    }

    [Fact]
    public async Task Compressed_messages_are_read_and_answered_compressed_when_they_are_long()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        await caller.Server.FillAsync([.. Enumerable.Range(0, 100).Select(i => new[] { 1f, i })]);
        (string, string)[] headers = [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "identity, gzip")];
        byte[] list = Gzip([]);
        CallEnd plain = await caller.SendAsync("/hypervex.v1.Records/List", _empty);
        CallEnd packed = await caller.SendAsync("/hypervex.v1.Records/List", RawCaller.Frame(list, flag: 1), headers: headers);
        Assert.Equal("0", packed.Status);
        Assert.Equal(1, packed.Body[0]);
        Assert.True(packed.Body.Length < plain.Body.Length);
        using var gzip = new GZipStream(new MemoryStream(packed.Body[5..]), CompressionMode.Decompress);
        Assert.Equal(V1.ListResponse.Parser.ParseFrom(plain.Messages[0]), V1.ListResponse.Parser.ParseFrom(gzip));

        CallEnd notAccepted = await caller.SendAsync("/hypervex.v1.Records/List", RawCaller.Frame(list, flag: 1), headers: ("grpc-encoding", "gzip"));
        Assert.Equal(0, notAccepted.Body[0]);
    }

    [Fact]
    public async Task A_compressed_message_that_grows_beyond_the_limit_or_is_cut_off_is_refused()
    {
        await using RawCaller caller = await RawCaller.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxBodyBytes = 100_000 } });
        (string, string) coding = ("grpc-encoding", "gzip");
        byte[] bomb = Gzip(new byte[10_000_000]);
        Assert.True(bomb.Length < 100_000);
        Assert.Equal(("8", "body_too_large"), await Send(bomb));

        byte[] whole = Gzip(System.Text.Encoding.UTF8.GetBytes(new string('\n', 2) + new string('a', 10))); // field 1, ten letters
        Assert.Equal(("5", "collection_not_found"), await Send(whole));
        foreach (int cut in new[] { 1, 4, 8, whole.Length - 3 })
        {
            Assert.Equal(("13", "bad_request"), await Send(whole[..^cut]));
        }

        Assert.Equal(("13", "bad_request"), await Send([1, 2, 3]));

        async Task<(string?, string?)> Send(byte[] message)
        {
            CallEnd end = await caller.SendAsync(Count, RawCaller.Frame(message, flag: 1), headers: coding);
            return (end.Status, end.Code);
        }
    }

    [Fact]
    public async Task Memory_for_messages_is_given_back_however_a_call_ends()
    {
        await using RawCaller caller = await RawCaller.StartAsync(TestServer.Options with { Limits = new ServerLimits { MaxBodyBytesTogether = 1_000_000 } });
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal("13", (await caller.SendAsync(Count, RawCaller.Frame(Enumerable.Repeat((byte)0xFF, 200_000).ToArray()))).Status);
            Assert.Equal("13", (await caller.SendAsync(Count, RawCaller.Frame(new byte[200_000])[..100_000])).Status);
        }

        CallEnd tooMuch = await caller.SendAsync(Count, RawCaller.Frame(new byte[1_500_000]));
        Assert.Equal(("8", "overloaded"), (tooMuch.Status, tooMuch.Code));
        Assert.Equal("0", (await caller.SendAsync(Count, _empty)).Status);
    }

    [Fact]
    public async Task A_message_is_cut_where_trailers_would_become_too_long_for_clients()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        CallEnd end = await caller.SendAsync("/hypervex.v1.Search/Search", new V1.SearchRequest { Search = new V1.SearchQuery { VectorId = "x", Filter = "{\"$" + new string('ü', 5_000) } });
        Assert.Equal("3", end.Status);
        Assert.True(end.Message!.Length + end.Details!.Length * 2 < 8_192);
    }

    [Fact]
    public async Task While_the_database_opens_calls_are_unavailable_and_health_says_so()
    {
        using var mayOpen = new ManualResetEventSlim();
        await using RawCaller caller = await RawCaller.StartAsync(() =>
        {
            mayOpen.Wait();
            return Database.CreateInMemory();
        });
        try
        {
            CallEnd end = await caller.SendAsync(Count, _empty);
            Assert.Equal(("14", "opening"), (end.Status, end.Code));
            Wire.Health.HealthCheckResponse health = await caller.CallAsync("/grpc.health.v1.Health/Check", new Wire.Health.HealthCheckRequest(), Wire.Health.HealthCheckResponse.Parser);
            Assert.Equal(Wire.Health.HealthCheckResponse.Types.ServingStatus.NotServing, health.Status);
        }
        finally
        {
            mayOpen.Set();
        }

        await caller.Server.Server.Ready;
        Assert.Equal("0", (await caller.SendAsync(Count, _empty)).Status);
    }

    [Fact]
    public async Task Without_keys_the_authority_must_be_the_loopback()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        CallEnd end = await caller.SendAsync(Count, _empty, headers: ("host", "evil.example"));
        Assert.Equal(("7", "forbidden_host"), (end.Status, end.Code));
    }

    [Fact]
    public async Task REST_is_not_served_on_the_port_of_gRPC_nor_gRPC_on_that_of_REST()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        using var http = new HttpClient();
        using HttpResponseMessage refused = await http.GetAsync(new Uri(caller.Address, "/livez"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await caller.Server.GetAsync("/livez")).Status);
        Assert.NotEqual(caller.Address, caller.Server.Address);
    }

    [Fact]
    public void A_text_of_a_status_is_cut_between_characters()
    {
        Assert.Equal("abc", GrpcMessageText.Shorten("abc", 3));
        Assert.Equal("é...", GrpcMessageText.Shorten("éééé", 6));
        Assert.Equal("a%0A%7F%25~ ", GrpcMessageText.Encode("a\n\u007f%~ "));
    }

    private static byte[] Gzip(byte[] message)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
        {
            gzip.Write(message);
        }

        return compressed.ToArray();
    }
}
