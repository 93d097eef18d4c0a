using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server.Tests.Telemetry;

/// <summary>A collector of OpenTelemetry on a real socket that keeps what it is sent (OTLP over HTTP, protobuf).</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _application;

    private OtlpCollector(WebApplication application) => _application = application;

    /// <summary>The bodies by path, in the order in which they came.</summary>
    public ConcurrentQueue<(string Path, byte[] Body)> Received { get; } = new();

    public Uri Address => new(_application.Urls.Single());

    public static async Task<OtlpCollector> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        builder.Logging.ClearProviders();
        WebApplication application = builder.Build();
        var collector = new OtlpCollector(application);
        application.Run(collector.TakeAsync);
        await application.StartAsync();
        return collector;
    }

    /// <summary>All spans: TracesData.resource_spans(1).scope_spans(2).spans(2).</summary>
    public IReadOnlyList<ProtoMessage> Spans => [.. Of("/v1/traces").SelectMany(data => data.Messages(1)).SelectMany(resource => resource.Messages(2)).SelectMany(scope => scope.Messages(2))];

    /// <summary>All metrics: MetricsData.resource_metrics(1).scope_metrics(2).metrics(2).</summary>
    public IReadOnlyList<ProtoMessage> Metrics => [.. Of("/v1/metrics").SelectMany(data => data.Messages(1)).SelectMany(resource => resource.Messages(2)).SelectMany(scope => scope.Messages(2))];

    /// <summary>The attributes of all resources: resource(1).attributes(1).</summary>
    public IReadOnlyDictionary<string, string> Resource => Of("/v1/traces").SelectMany(data => data.Messages(1)).SelectMany(each => each.Messages(1)).First().Attributes(1);

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private IEnumerable<ProtoMessage> Of(string path) => Received.Where(each => each.Path == path).Select(each => ProtoMessage.Parse(each.Body));

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Assert.Equal("application/x-protobuf", context.Request.ContentType);
        Received.Enqueue((context.Request.Path, body.ToArray()));
        context.Response.ContentType = "application/x-protobuf"; // an empty message: all of it was taken
    }
}

/// <summary>A message of protobuf by the numbers of its fields.</summary>
internal sealed class ProtoMessage
{
    private readonly List<(int Field, object Value)> _fields = [];

    public static ProtoMessage Parse(byte[] bytes)
    {
        var message = new ProtoMessage();
        using var input = new CodedInputStream(bytes);
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            object value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadUInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
                _ => throw new InvalidDataException($"wire type of tag {tag}"),
            };
            message._fields.Add((WireFormat.GetTagFieldNumber(tag), value));
        }

        return message;
    }

    public IEnumerable<ProtoMessage> Messages(int field) => All(field).Select(value => Parse((byte[])value));

    public byte[] Bytes(int field) => (byte[])(All(field).FirstOrDefault() ?? Array.Empty<byte>());

    public string Text(int field) => System.Text.Encoding.UTF8.GetString(Bytes(field));

    public ulong Number(int field) => (ulong)(All(field).FirstOrDefault() ?? 0UL);

    public double Double(int field) => BitConverter.UInt64BitsToDouble(Number(field));

    /// <summary>A repeated KeyValue { key = 1, value = 2 { string_value = 1, int_value = 3 } }.</summary>
    public IReadOnlyDictionary<string, string> Attributes(int field) =>
        Messages(field).ToDictionary(pair => pair.Text(1), pair => pair.Messages(2).Single() is var value && value.All(3).Any() ? $"{value.Number(3)}" : value.Text(1));

    private IEnumerable<object> All(int field) => _fields.Where(each => each.Field == field).Select(each => each.Value);
}
