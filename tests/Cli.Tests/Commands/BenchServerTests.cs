using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks.Server;

namespace Hypervex.Cli.Tests.Commands;

public sealed class BenchServerTests : IDisposable
{
    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Theory]
    [InlineData("rest")]
    [InlineData("rest-octets")]
    [InlineData("grpc")]
    public async Task Every_operation_is_measured_over_every_transport_and_nothing_is_left_behind(string transport)
    {
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data, "--grpc-listen", "127.0.0.1:0", "--durability", "os", "--json");
        string target = transport == "grpc" ? (string)JsonNode.Parse(server.ReadyLine)!["grpc_address"]! : server.Address;
        ProgramRun run = await HypervexProcess.RunAsync(
            "bench", "server", "--target", target, "--transport", transport, "--operations", "search,insert,get,update,delete,mixed", "--connections", "2", "--records", "200", "--queries", "10",
            "--dimension", "24", "--batch", "3", "--seconds", "0.1", "--warm-up", "0.05", "--json");

        Assert.True(run.ExitCode == 0, run.ToString());
        JsonArray points = run.Json["results"]!.AsArray();
        Assert.Equal(6, points.Count);
        foreach (JsonNode? point in points)
        {
            Assert.True((int)point!["failed"]! == 0 && (int)point["refused"]! == 0, point.ToJsonString());
            Assert.True((int)point["requests"]! > 0, point.ToJsonString());
            Assert.True((double)point["latency_us"]!["p50"]! <= (double)point["latency_us"]!["p99"]!);
            Assert.Equal((string)point["operation"]! is "search" or "mixed", point["recall"] is not null);
            Assert.True(point["recall"] is null || (double)point["recall"]! > 0.95, point.ToJsonString());
        }

        Assert.Equal(transport, (string?)run.Json["parameters"]!["transport"]);
        using var http = new HttpClient();
        Assert.Equal("""{"collections":[]}""", await http.GetStringAsync(new Uri(server.Address + "/api/v1/collections")));
    }

    [Fact]
    public async Task A_rate_is_kept_to_and_a_table_is_printed()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(_sandbox.Data);
        ProgramRun run = await HypervexProcess.RunAsync("bench", "server", "--target", server.Address, "--rate", "50", "--seconds", "0.4", "--records", "100", "--queries", "5", "--dimension", "8");
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("recall@10", run.Output, StringComparison.Ordinal);
        Assert.Contains("search", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_so()
    {
        ProgramRun run = await HypervexProcess.RunAsync("bench", "server", "--target", "http://127.0.0.1:1", "--records", "100", "--queries", "1", "--dimension", "4");
        Assert.Equal(8, run.ExitCode);
        Assert.Contains("could not be reached", run.Error, StringComparison.Ordinal);
    }

    // A generator that waits for each answer before it counts the next request as due would send but few while the server is silent, and charge the silence to one of them.
    [Fact]
    public async Task Requests_that_are_due_while_the_server_is_silent_are_all_sent_and_charged_for_the_silence()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var silence = TimeSpan.FromMilliseconds(300);
        Task answering = Task.Run(async () =>
        {
            using Socket socket = await listener.AcceptSocketAsync();
            byte[] request = new byte[4];
            for (int answered = 0; await socket.ReceiveAsync(request) > 0; answered++)
            {
                if (answered == 0)
                {
                    await Task.Delay(silence);
                }

                await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
        });
        const int Due = 200;
        LoadSender sender;
        using (var connection = new HttpLoadConnection(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}")))
        {
            sender = new LoadSender(connection, ["ping"u8.ToArray()], isOnce: false);
            sender.Run(new ArrivalSchedule(System.Diagnostics.Stopwatch.GetTimestamp(), perSecond: 1_000, TimeSpan.FromMilliseconds(Due)));
        }

        await answering;
        Assert.Equal((Due, 0, 0), (sender.Latencies.Count, sender.Refused, sender.Failed));
        Assert.True(sender.Latencies.PercentileMicroseconds(0.01) >= 90_000, "requests that were due during the silence were not charged for it"); // all were due in its first 200 ms
    }
}
