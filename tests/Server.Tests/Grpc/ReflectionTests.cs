using Google.Protobuf;
using Google.Protobuf.Reflection;
using Hypervex.Wire.ServerReflection;

namespace Hypervex.Server.Tests.Grpc;

/// <summary>What a tool without the files of proto/ learns.</summary>
public sealed class ReflectionTests
{
    private const string Path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

    public static TheoryData<string> Paths { get; } =
        [Path, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_tool_finds_every_service_and_builds_its_files_from_what_it_is_told(string path)
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        using var call = new OpenCall(caller.Address, path);
        ServerReflectionResponse services = await AskAsync(call, new ServerReflectionRequest { Host = "h", ListServices = "*" });
        Assert.Equal(("h", "*"), (services.ValidHost, services.OriginalRequest.ListServices));
        string[] names = [.. services.ListServicesResponse.Service.Select(service => service.Name)];
        Assert.Equal(
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "hypervex.v1.Aliases", "hypervex.v1.Collections", "hypervex.v1.Jobs", "hypervex.v1.Keys", "hypervex.v1.Records", "hypervex.v1.Search", "hypervex.v1.Snapshots"],
            names);
        foreach (string name in names)
        {
            FileDescriptorResponse files = (await AskAsync(call, new ServerReflectionRequest { FileContainingSymbol = name })).FileDescriptorResponse;
            Assert.Contains(FileDescriptor.BuildFromByteStrings(ImportsFirst(files)), file => file.Services.Any(service => service.FullName == name));
        }

        call.EndSending();
        Assert.Equal("0", (await call.EndAsync()).Status);
    }

    [Theory]
    [InlineData("hypervex.v1.Records.UpsertStream", "hypervex/v1/records.proto")]
    [InlineData("hypervex.v1.Vector", "hypervex/v1/records.proto")]
    [InlineData("hypervex.v1.Durability", "hypervex/v1/records.proto")]
    [InlineData("hypervex.v1.ErrorDetails", "hypervex/v1/errors.proto")]
    [InlineData("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto")]
    [InlineData("google.protobuf.Timestamp", "google/protobuf/timestamp.proto")]
    public async Task A_symbol_leads_to_its_file_with_all_that_it_imports(string symbol, string expected)
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        using var call = new OpenCall(caller.Address, Path);
        ServerReflectionResponse found = await AskAsync(call, new ServerReflectionRequest { FileContainingSymbol = symbol });
        FileDescriptorProto[] files = [.. found.FileDescriptorResponse.FileDescriptorProto.Select(FileDescriptorProto.Parser.ParseFrom)];
        Assert.Equal(expected, files[0].Name);
        Assert.Empty(files.SelectMany(file => file.Dependency).Except(files.Select(file => file.Name)));
        Assert.Equal(files.Length, files.Select(file => file.Name).Distinct().Count());
        ServerReflectionResponse again = await AskAsync(call, new ServerReflectionRequest { FileByFilename = expected });
        Assert.Equal(found.FileDescriptorResponse, again.FileDescriptorResponse);
    }

    [Fact]
    public async Task What_is_not_there_is_answered_and_does_not_end_the_call()
    {
        await using RawCaller caller = await RawCaller.StartAsync();
        using var call = new OpenCall(caller.Address, Path);
        Assert.Equal(5, (await AskAsync(call, new ServerReflectionRequest { FileContainingSymbol = "hypervex.v1.Nothing" })).ErrorResponse.ErrorCode);
        Assert.Equal(5, (await AskAsync(call, new ServerReflectionRequest { FileByFilename = "../../etc/passwd" })).ErrorResponse.ErrorCode);
        Assert.Equal(5, (await AskAsync(call, new ServerReflectionRequest { AllExtensionNumbersOfType = "hypervex.v1.Nothing" })).ErrorResponse.ErrorCode);
        Assert.Equal(5, (await AskAsync(call, new ServerReflectionRequest { FileContainingExtension = new ExtensionRequest { ContainingType = "hypervex.v1.Vector", ExtensionNumber = 1 } })).ErrorResponse.ErrorCode);
        Assert.Equal(3, (await AskAsync(call, new ServerReflectionRequest())).ErrorResponse.ErrorCode);
        ExtensionNumberResponse none = (await AskAsync(call, new ServerReflectionRequest { AllExtensionNumbersOfType = "hypervex.v1.Vector" })).AllExtensionNumbersResponse;
        Assert.Equal(("hypervex.v1.Vector", 0), (none.BaseTypeName, none.ExtensionNumber.Count));
        Assert.NotNull((await AskAsync(call, new ServerReflectionRequest { ListServices = "" })).ListServicesResponse);
    }

    [Fact]
    public async Task Where_there_are_keys_any_of_them_will_do_and_none_will_not()
    {
        await using Keys.KeyServer server = await Keys.KeyServer.StartAsync(TestServer.Options with { GrpcListen = "127.0.0.1:0" });
        var caller = new RawCaller(server.Test);
        string reader = await server.CreateAsync("read", ["other"], server.Admin);
        var ask = new ServerReflectionRequest { ListServices = "" };
        foreach (string path in new[] { Path, Path.Replace(".v1.", ".v1alpha.", StringComparison.Ordinal) })
        {
            CallEnd refused = await caller.SendAsync(path, ask);
            Assert.Equal(("16", 0), (refused.Status, refused.Body.Length));
            Assert.Equal(10, (await caller.CallAsync(path, ask, ServerReflectionResponse.Parser, ("x-api-key", reader))).ListServicesResponse.Service.Count);
        }
    }

    private static List<ByteString> ImportsFirst(FileDescriptorResponse files)
    {
        Dictionary<string, ByteString> waiting = files.FileDescriptorProto.ToDictionary(bytes => FileDescriptorProto.Parser.ParseFrom(bytes).Name);
        var ordered = new List<ByteString>();
        while (waiting.Count > 0)
        {
            string next = waiting.First(file => !FileDescriptorProto.Parser.ParseFrom(file.Value).Dependency.Any(waiting.ContainsKey)).Key;
            ordered.Add(waiting[next]);
            waiting.Remove(next);
        }

        return ordered;
    }

    private static async Task<ServerReflectionResponse> AskAsync(OpenCall call, ServerReflectionRequest request)
    {
        call.Send(RawCaller.Frame(request));
        return ServerReflectionResponse.Parser.ParseFrom(await call.ReadAsync());
    }
}
