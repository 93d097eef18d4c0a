using System.CommandLine;
using Hypervex.Cli.Benchmarks.Server;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex bench server</c>: measures a running server as an open loop: recall beside every speed, latencies from the moments at which requests were due.</summary>
internal sealed class BenchServerCommand : Verb
{
    private readonly Option<Uri> _target = new("--target")
    {
        Description = "The server: its address for REST, or with --transport grpc that for gRPC. http only.",
        HelpName = "url",
        Required = true,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? url) && url.Scheme == "http")
            {
                return url;
            }

            result.AddError($"\"{result.Tokens[0].Value}\" is not a server's address; expected something like http://127.0.0.1:8080, without TLS.");
            return null;
        },
    };

    private readonly Option<LoadTransport> _transport = Choice.WithDefault("--transport", "How to speak to it; rest-octets sends vectors as bytes.", LoadTransport.Rest);
    private readonly Option<LoadOperation[]> _operations = new("--operations")
    {
        Description = $"What to ask, with commas between: {string.Join(", ", Enum.GetValues<LoadOperation>().Select(Choice.Word))}; mixed is one insert for nine searches. Default: search.",
        HelpName = "word,…",
        CustomParser = result => NumberList.Read<LoadOperation>(result, "--operations", "an operation", word => Choice.TryRead(word, out LoadOperation operation) ? operation : null),
    };

    private readonly Option<int[]> _connections = NumberList.Create("--connections", "Connections, one point for each number.", 1, 1_024, 1);
    private readonly Option<double?> _rate = NumberOption.Optional("--rate", "Requests due a second, whether or not those before are answered.", 0.1, 1e7);
    private readonly Option<double> _load = NumberOption.Create("--load", "Without --rate: requests due as a share of the greatest rate, which is measured before.", 0.01, 1, 0.5);
    private readonly Option<double> _seconds = NumberOption.Create("--seconds", "For how long requests are due, for each point.", 0.05, 3_600, 3);
    private readonly Option<double> _warmUp = NumberOption.Create("--warm-up", "For how long the greatest rate is measured, and before that as long unmeasured.", 0.01, 3_600, 1);
    private readonly Option<int> _records = NumberOption.Create("--records", "Records in the collection, clustered (hypervex generate).", 100, 100_000_000, 10_000);
    private readonly Option<int> _queries = NumberOption.Create("--queries", "Different queries.", 1, 100_000, 200);
    private readonly Option<int> _dimension = NumberOption.Create("--dimension", "Components of a vector.", 1, Limits.MaxDimension, 128);
    private readonly Option<Metric> _metric = Choice.WithDefault("--metric", "How distances are measured: cosine, l2, dot or manhattan.", Metric.L2);
    private readonly Option<QuantizationKind> _quantization = Choice.WithDefault("--quantization", "The codes that searches run on.", QuantizationKind.None);
    private readonly Option<int> _m = NumberOption.Create("--m", "HNSW links per node and level.", Limits.MinM, Limits.MaxM, 16);
    private readonly Option<int> _efConstruction = NumberOption.Create("--ef-construction", "HNSW beam width while building.", 1, Limits.MaxEfConstruction, 200);
    private readonly Option<int> _k = NumberOption.Create("--k", "Results of a search.", 1, Limits.MaxK, 10, "-k");
    private readonly Option<int?> _ef = NumberOption.Optional("--ef", "HNSW beam width of searches; the collection's unless given.", 1, Limits.MaxEf);
    private readonly Option<int> _batch = NumberOption.Create("--batch", "Records of one insert.", 1, 1_000, 1);
    private readonly Option<string?> _apiKey = new("--api-key") { Description = "The key to send. Default: $HYPERVEX_API_KEY.", HelpName = "key" };

    /// <summary>Creates the command.</summary>
    public BenchServerCommand()
        : base(
            "server",
            "Measures a running server as an open loop, in a collection of its own.",
            "bench server --target http://127.0.0.1:8080 --connections 1,4,16",
            "bench server --target http://127.0.0.1:8080 --transport rest-octets --dimension 1024 --rate 2000 --seconds 10 --json",
            "bench server --target http://127.0.0.1:8081 --transport grpc --operations insert,search,mixed --batch 100")
    {
        Option[] options = [_target, _transport, _operations, _connections, _rate, _load, _seconds, _warmUp, _records, _queries, _dimension, _metric, _quantization, _m, _efConstruction, _k, _ef, _batch, _apiKey];
        foreach (Option option in options)
        {
            Add(option);
        }
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        ServerBenchmarkSettings settings = Settings(parse);
        if (settings.Metric is Metric.Hamming or Metric.Poincare or Metric.Lorentz)
        {
            throw CommandException.Usage("Generated rows are neither packed bits nor points of hyperbolic space; ask for cosine, l2, dot or manhattan.");
        }

        answer.Note($"Making {Printable.Count(settings.Rows)} rows and the true neighbours of {Printable.Count(settings.Queries)} queries");
        using var data = new ServerBenchmarkData(settings);
        IReadOnlyList<LoadPoint> points = await ProgressDisplay.RunAsync(
            "Measuring the server",
            settings.Operations.Count * settings.Connections.Count,
            progress => new ServerBenchmark(settings, data).Run(progress, cancellationToken)).ConfigureAwait(false);
        var report = new ServerReport(settings, points);
        if (answer.Json)
        {
            Answer.Write(report.ToJson());
        }
        else
        {
            report.WriteText(answer);
        }

        return points.Any(point => point.Failed > 0) ? ExitCode.Failed : ExitCode.Ok;
    }

    private ServerBenchmarkSettings Settings(ParseResult parse) => new()
    {
        Target = parse.GetRequiredValue(_target),
        Transport = parse.GetValue(_transport),
        ApiKey = parse.GetValue(_apiKey) ?? Environment.GetEnvironmentVariable("HYPERVEX_API_KEY"),
        Collection = $"bench-{Guid.NewGuid():n}",
        Operations = parse.GetValue(_operations) is { Length: > 0 } operations ? operations : [LoadOperation.Search],
        Connections = parse.GetRequiredValue(_connections),
        Rate = parse.GetValue(_rate),
        Load = parse.GetValue(_load),
        Duration = TimeSpan.FromSeconds(parse.GetValue(_seconds)),
        WarmUp = TimeSpan.FromSeconds(parse.GetValue(_warmUp)),
        Rows = parse.GetValue(_records),
        Queries = parse.GetValue(_queries),
        Dimension = parse.GetValue(_dimension),
        Metric = parse.GetValue(_metric),
        Quantization = parse.GetValue(_quantization),
        M = parse.GetValue(_m),
        EfConstruction = parse.GetValue(_efConstruction),
        K = parse.GetValue(_k),
        Ef = parse.GetValue(_ef),
        Batch = parse.GetValue(_batch),
    };
}
