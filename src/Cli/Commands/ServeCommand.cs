using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;
using Hypervex.Server;
using Hypervex.Server.Settings;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex serve</c>: serves a data directory over REST, and gRPC, until it is told to stop.</summary>
internal sealed class ServeCommand : Verb
{
    private readonly Option<string?> _data = new("--data", "-d")
    {
        Description = $"The data directory, created when it does not exist. Default: $STORAGE_PATH, else {TargetOptions.DefaultDataPath}.",
        HelpName = "path",
    };

    private readonly Option<string?> _listen = new("--listen")
    {
        Description = $"Address and port; port 0 takes a free one. Default: $HYPERVEX_LISTEN, else {ServerOptions.DefaultListen}.",
        HelpName = "address",
    };

    private readonly Option<string?> _grpcListen = new("--grpc-listen")
    {
        Description = "Address and port of gRPC; port 0 takes a free one. Default: $HYPERVEX_GRPC_LISTEN, else gRPC is not served.",
        HelpName = "address",
    };

    private readonly Option<int?> _dimension = NumberOption.Optional("--dimension", "Components of the vectors of the collection \"default\". Default: $VECTOR_DIMENSION, else the first vector decides.", 1, Limits.MaxDimension);
    private readonly Option<Metric?> _metric = Choice.Optional<Metric>("--metric", "Metric of the collection \"default\". Default: $VECTOR_METRIC, else cosine.");
    private readonly Option<long?> _capacity = NumberOption.Optional("--capacity", "Greatest number of records of the collection \"default\". Default: $VECTOR_CAPACITY, else unlimited.", 1L, long.MaxValue);
    private readonly Option<Durability?> _durability = Choice.Optional<Durability>("--durability", "When a write counts as written. Default: $HYPERVEX_DURABILITY, else fsync.");
    private readonly Option<long?> _memoryLimit = NumberOption.Optional("--memory-limit", "Greatest number of bytes that the engine's own memory may take. Default: $HYPERVEX_MEMORY_LIMIT, else no limit.", 1L, long.MaxValue);
    private readonly Option<RowAccess?> _rowAccess = Choice.Optional<RowAccess>("--row-access", "Where searches read full-precision rows from. Default: $HYPERVEX_ROW_ACCESS, else map.");
    private readonly Option<int?> _pendingLimit = NumberOption.Optional("--pending-limit", "Greatest number of records of a vector field that may wait for their links in its graph. Default: $HYPERVEX_PENDING_LIMIT, else 100000.", Limits.MinPendingLimit, Limits.MaxPendingLimit);
    private readonly Option<int?> _scrubDays = NumberOption.Optional("--scrub-days", "How often all files are read and checked in the background, in days; 0 = never. Default: $HYPERVEX_SCRUB_DAYS, else 7.", 0, ServerEnvironment.MaxScrubDays);
    private readonly Option<int?> _tombstoneHours = NumberOption.Optional("--tombstone-retention-hours", "How long compaction keeps deletions (id, time and version) for watches that were away, in hours. Default: $HYPERVEX_TOMBSTONE_RETENTION_HOURS, else 0.", 0, Limits.MaxTombstoneDays * 24);
    private readonly Option<string?> _otlpEndpoint = new("--otlp-endpoint") { Description = "URL of the OpenTelemetry collector that spans and metrics are sent to, such as http://localhost:4318. Default: $HYPERVEX_OTLP_ENDPOINT, else $OTEL_EXPORTER_OTLP_ENDPOINT, else none.", HelpName = "url" };
    private readonly Option<string[]> _origins = new("--allow-origin") { Description = "An origin whose pages may call the server, or * for all; may be repeated. Default: $HYPERVEX_ALLOWED_ORIGINS, else none.", HelpName = "origin" };

    private readonly Option<string?> _adminKeyFile = new("--admin-key-file") { Description = "A file with one line, a key to which everything is allowed. Default: $HYPERVEX_ADMIN_KEY_FILE, else none.", HelpName = "path" };

    private readonly Option<string?> _tlsCertificateFile = new("--tls-certificate-file") { Description = "A PEM file with the server's certificate; with --tls-key-file. Default: $HYPERVEX_TLS_CERTIFICATE_FILE, else plain HTTP.", HelpName = "path" };
    private readonly Option<string?> _tlsKeyFile = new("--tls-key-file") { Description = "A PEM file with the certificate's key. Default: $HYPERVEX_TLS_KEY_FILE, else none.", HelpName = "path" };

    private readonly Option<string?> _config = new("--config") { Description = $"A file of settings in JSON; the environment and flags win over it. Default: ${ServerSettings.FileVariable}, else none.", HelpName = "path" };
    private readonly Option<bool> _printConfig = new("--print-config") { Description = "Prints every setting with its value and where it came from, and ends." };

    private readonly Dictionary<string, Option<long?>> _limits = LimitSettings.All.ToDictionary(
        setting => setting.Names.Key,
        setting => NumberOption.Optional(setting.Names.Flag, $"A limit of the server (docs/limits.md). Default: ${setting.Names.Variable}, else {setting.Show(new ServerOptions())}.", setting.Range.Least, setting.Range.Greatest));

    /// <summary>Creates the command.</summary>
    public ServeCommand()
        : base(
            "serve",
            "Serves a data directory over REST, and over gRPC where --grpc-listen says.",
            "serve --data ./vectors",
            "serve --data ./vectors --listen 127.0.0.1:9000 --metric l2 --capacity 1000000",
            "serve --data ./vectors --listen 127.0.0.1:8080 --grpc-listen 127.0.0.1:8081",
            "serve --config ./hypervex.json --print-config")
    {
        Option[] options = [_data, _listen, _grpcListen, _dimension, _metric, _capacity, _durability, _memoryLimit, _rowAccess, _pendingLimit, _scrubDays, _tombstoneHours, _otlpEndpoint, _origins, _adminKeyFile, _tlsCertificateFile, _tlsKeyFile, .. _limits.Values, _config, _printConfig];
        foreach (Option option in options)
        {
            Add(option);
        }
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        ServerSettings settings = Read(parse);
        if (parse.GetValue(_printConfig))
        {
            SettingsDisplay.Print(answer, settings);
            return ExitCode.Ok;
        }

        ServerOptions options = settings.Options;
        await using HypervexServer server = await HypervexServer.StartAsync(options, cancellationToken).ConfigureAwait(false);
        await WaitUntilReadyAsync(server, options.DataPath!, cancellationToken).ConfigureAwait(false);
        string address = server.Addresses[0].GetLeftPart(UriPartial.Authority);
        string? grpcAddress = server.GrpcAddress?.GetLeftPart(UriPartial.Authority);
        if (answer.Json)
        {
            var started = new JsonObject { ["address"] = address, ["data"] = options.DataPath, ["process_id"] = Environment.ProcessId };
            if (grpcAddress is not null)
            {
                started["grpc_address"] = grpcAddress;
            }

            Answer.Write(started);
        }
        else
        {
            Answer.Line(grpcAddress is null ? $"Hypervex serves {options.DataPath} on {address}" : $"Hypervex serves {options.DataPath} on {address}, gRPC on {grpcAddress}");
        }

        await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private ServerSettings Read(ParseResult parse)
    {
        var flags = new Dictionary<string, string>();
        void Give(string key, string? value)
        {
            if (value is not null)
            {
                flags.Add(key, value);
            }
        }

        Give("data_path", parse.GetValue(_data));
        Give("listen", parse.GetValue(_listen));
        Give("grpc_listen", parse.GetValue(_grpcListen));
        Give("admin_key_file", parse.GetValue(_adminKeyFile));
        Give("tls_certificate_file", parse.GetValue(_tlsCertificateFile));
        Give("tls_key_file", parse.GetValue(_tlsKeyFile));
        Give("allowed_origins", parse.GetValue(_origins) is { Length: > 0 } origins ? string.Join(',', origins) : null);
        Give("default_dimension", Text(parse.GetValue(_dimension)));
        Give("default_metric", parse.GetValue(_metric) is { } metric ? Choice.Word(metric) : null);
        Give("default_capacity", Text(parse.GetValue(_capacity)));
        Give("durability", parse.GetValue(_durability) is { } durability ? Choice.Word(durability) : null);
        Give("memory_limit", Text(parse.GetValue(_memoryLimit)));
        Give("row_access", parse.GetValue(_rowAccess) is { } access ? Choice.Word(access) : null);
        Give("pending_limit", Text(parse.GetValue(_pendingLimit)));
        Give("scrub_days", Text(parse.GetValue(_scrubDays)));
        Give("tombstone_retention_hours", Text(parse.GetValue(_tombstoneHours)));
        Give("otlp_endpoint", parse.GetValue(_otlpEndpoint));
        foreach ((string key, Option<long?> option) in _limits)
        {
            Give(key, Text(parse.GetValue(option)));
        }

        return ServerSettings.Resolve(parse.GetValue(_config), Environment.GetEnvironmentVariable, flags);
    }

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static async Task WaitUntilReadyAsync(HypervexServer server, string dataPath, CancellationToken cancellationToken)
    {
        try
        {
            await server.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Locked)
        {
            throw CommandException.Create("locked", LockHolder.Describe(dataPath), ExitCode.Locked);
        }
    }
}
