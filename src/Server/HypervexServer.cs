using System.Net;
using System.Net.Security;
using System.Reflection;
using System.Security.Authentication;
using Hypervex.Server.Grpc;
using Hypervex.Server.Http;
using Hypervex.Server.Jobs;
using Hypervex.Server.Keys;
using Hypervex.Server.Metrics;
using Hypervex.Server.Routes;
using Hypervex.Server.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hypervex.Server;

/// <summary>
/// A database served over REST, and over gRPC where that is asked for. It listens at once and opens the database in the background; until that is done every route
/// that needs it answers 503 <c>opening</c>.
/// Thread safety: all members from any thread.
/// </summary>
public sealed class HypervexServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly OpenDatabase _database;
    private readonly KeyStore _keys;
    private readonly JobRunner _jobs;
    private readonly TelemetryExport? _telemetry;
    private int _stopped;

    private HypervexServer(WebApplication application, ServerParts parts, RouteTable routes, GrpcMethodTable methods, bool hasGrpc)
    {
        Calls = methods;
        HasGrpc = hasGrpc;
        _application = application;
        _database = parts.Database;
        _keys = parts.Keys;
        _jobs = parts.Jobs;
        _telemetry = TelemetryExport.Start(parts);
        Admission = parts.Admission;
        Bodies = parts.Bodies;
        Table = routes;
    }

    /// <summary>Where the server listens for REST, with the port that was taken.</summary>
    public IReadOnlyList<Uri> Addresses => HasGrpc ? [.. AllAddresses.SkipLast(1)] : AllAddresses;

    /// <summary>Where the server listens for gRPC, with the port that was taken; null = nowhere.</summary>
    public Uri? GrpcAddress => HasGrpc ? AllAddresses[^1] : null;

    /// <summary>Ends when the database is open; fails with what kept it from opening.</summary>
    public Task Ready => _database.Opened;

    /// <summary>What the server answers.</summary>
    internal RouteTable Table { get; }

    /// <summary>Who may run at once.</summary>
    internal Admission Admission { get; }

    /// <summary>What the server answers over gRPC.</summary>
    internal GrpcMethodTable Calls { get; }

    /// <summary>Memory for bodies and messages under way.</summary>
    internal BodyBudget Bodies { get; }

    private bool HasGrpc { get; }

    private IReadOnlyList<Uri> AllAddresses =>
        [.. _application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(address => new Uri(address))];

    /// <summary>Services of the host.</summary>
    internal IServiceProvider Services => _application.Services;

    /// <summary>Starts a server.</summary>
    /// <exception cref="HypervexException">
    /// <see cref="ErrorCode.InvalidArgument"/>: a setting is not acceptable, such as an address beyond loopback without keys; <see cref="ErrorCode.StorageUnavailable"/>: the
    /// address is in use or cannot be bound.
    /// </exception>
    public static Task<HypervexServer> StartAsync(ServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return StartAsync(
            options,
            () => options.DataPath is { } path
                ? Database.Open(path, options.Database with { ClosingCheckpointTime = options.Limits.ClosingCheckpointTime })
                : Database.CreateInMemory(options.Database),
            cancellationToken);
    }

    /// <summary>Stops: accepts nothing more, lets running requests end, then closes the database.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _application.StopAsync(cancellationToken).ConfigureAwait(false);
        await _jobs.StopAsync().ConfigureAwait(false);
        if (_telemetry is { } telemetry && Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            await Task.Run(telemetry.Dispose, CancellationToken.None).ConfigureAwait(false); // while the metrics can still be read
        }

        _keys.Dispose(); // before the database lets go of the directory
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc cref="StopAsync"/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        Admission.Dispose();
    }

    /// <summary>Starts a server over a database that is opened by a function.</summary>
    internal static async Task<HypervexServer> StartAsync(ServerOptions options, Func<Database> open, CancellationToken cancellationToken)
    {
        KeyStore keys = KeyStore.OpenForServer(options.DataPath, options.AdminKeyFile);
        IPEndPoint address = ListenAddress.Parse(options.Listen, keys.IsRequired);
        IPEndPoint? grpcAddress = options.GrpcListen is { } grpcListen ? ListenAddress.Parse(grpcListen, keys.IsRequired) : null;
        WebApplication application = Build(options, address, grpcAddress);
        ILoggerFactory loggers = application.Services.GetRequiredService<ILoggerFactory>();
        ILogger logger = loggers.CreateLogger("Hypervex");
        var database = new OpenDatabase(() => OpenWithKeys(open, keys), options.DefaultCollection, logger);
        RouteTable routes = Routes();
        GrpcMethodTable methods = Methods(application.Lifetime.ApplicationStopping);
        var parts = new ServerParts(
            options,
            database,
            new BodyBudget(options.Limits.MaxBodyBytesTogether),
            new Admission(options.Limits),
            new RequestMetrics(routes),
            new CallMetrics(methods),
            keys,
            new JobRunner(options.Database.TimeProvider, logger),
            new SnapshotStore(options.DataPath is { } data ? Path.Combine(data, "snapshots") : null),
            new SlowSearchLog(loggers.CreateLogger(SlowSearchLog.Category), options.Limits.SlowSearchMs),
            Version());
        var audit = new AuditLog(loggers.CreateLogger(AuditLog.Category));
        var guard = new KeyGuard(keys, audit);
        var pipeline = new Pipeline(routes, parts, parts.Requests, logger, guard, audit);
        var grpc = new GrpcServer(methods, parts, guard, audit, logger);
        KeepThreadsFree(parts.Admission.Reads.MostRunning + parts.Admission.StreamReads.MostRunning);
        application.Use(Pipeline.AddHeadersAsync);
        application.Use(grpc.AnswerAsync);
        application.UseResponseCompression();
        application.Use(pipeline.AnswerErrorsAsync);
        application.Use(pipeline.CheckHostAsync);
        if (options.AllowedOrigins.Count > 0)
        {
            application.UseCors(policy => AllowedOrigins.Apply(policy, options.AllowedOrigins));
        }

        application.Run(pipeline.RunRouteAsync);
        try
        {
            await application.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await database.DisposeAsync().ConfigureAwait(false);
            await application.DisposeAsync().ConfigureAwait(false);
            parts.Admission.Dispose();
            throw error is IOException or System.Net.Sockets.SocketException
                ? new HypervexException(ErrorCode.StorageUnavailable, $"The server cannot listen on {(grpcAddress is null ? address : $"{address} and {grpcAddress}")}: the address is in use or not this machine's. Give another one with --listen.", error)
                : error;
        }

        return new HypervexServer(application, parts, routes, methods, grpcAddress is not null);
    }

    // A read has its thread from beginning to end. Without threads beyond theirs, requests would wait in the pool, where nobody counts them, and probes with them.
    private static void KeepThreadsFree(int reads)
    {
        ThreadPool.GetMinThreads(out int workers, out int ports);
        int wanted = reads + (2 * Environment.ProcessorCount);
        if (workers < wanted)
        {
            ThreadPool.SetMinThreads(wanted, ports);
        }
    }

    // Until the database is open, and with it the directory's lock taken, another process may have changed the keys.
    private static Database OpenWithKeys(Func<Database> open, KeyStore keys)
    {
        Database database = open();
        try
        {
            keys.Load();
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static WebApplication Build(ServerOptions options, IPEndPoint address, IPEndPoint? grpcAddress)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Hypervex" });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            ILogger logger = kestrel.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Hypervex");
            Configure(kestrel, options.Limits, address, grpcAddress, TlsCertificate.Open(options.TlsCertificateFile, options.TlsKeyFile, logger));
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Limits.StopTimeout);
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        Compression.AddTo(builder.Services);
        if (options.AllowedOrigins.Count > 0)
        {
            AllowedOrigins.Check(options.AllowedOrigins);
            builder.Services.AddCors();
        }

        (options.Logging ?? LogToStandardError)(builder.Logging);
        return builder.Build();
    }

    private static void Configure(KestrelServerOptions kestrel, ServerLimits limits, IPEndPoint address, IPEndPoint? grpcAddress, TlsCertificate? certificate)
    {
        var rate = new MinDataRate(limits.MinBytesPerSecond, limits.RateGrace);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = limits.MaxBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = limits.MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = limits.HeadersTimeout;
        kestrel.Limits.MinRequestBodyDataRate = rate;
        kestrel.Limits.MinResponseDataRate = rate;
        kestrel.Listen(address, listen => Listen(listen, HttpProtocols.Http1, certificate));
        if (grpcAddress is not null)
        {
            // Without TLS nothing tells the two protocols of one port apart, so that each has a port of its own.
            kestrel.Listen(grpcAddress, listen => Listen(listen, HttpProtocols.Http2, certificate));
        }
    }

    private static void Listen(ListenOptions listen, HttpProtocols protocols, TlsCertificate? certificate)
    {
        listen.Protocols = protocols;
        if (certificate is not null)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(
                    new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current(), EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }),
            });
        }
    }

    private static GrpcMethodTable Methods(CancellationToken stopping)
    {
        var methods = new GrpcMethodTable();
        RecordMethods.Add(methods);
        BatchMethods.Add(methods);
        TransferMethods.Add(methods);
        SearchMethods.Add(methods);
        CollectionMethods.Add(methods);
        AliasMethods.Add(methods);
        JobMethods.Add(methods);
        SnapshotMethods.Add(methods);
        KeyMethods.Add(methods);
        new WatchMethods(stopping).Add(methods);
        new HealthMethods(methods, stopping).Add();
        new ReflectionMethods(methods).Add();
        return methods;
    }

    private static RouteTable Routes()
    {
        var routes = new RouteTable();
        RecordRoutes.Add(routes);
        BatchRoutes.Add(routes);
        FilteredRoutes.Add(routes);
        SearchRoutes.Add(routes);
        TransferRoutes.Add(routes);
        StatsRoutes.Add(routes);
        CollectionRoutes.Add(routes);
        FieldIndexRoutes.Add(routes);
        AliasRoutes.Add(routes);
        SnapshotRoutes.Add(routes);
        JobRoutes.Add(routes);
        KeyRoutes.Add(routes);
        HealthRoutes.Add(routes);
        MetricsRoutes.Add(routes);
        OpenApiRoutes.Add(routes);
        ShortRoutes.Add(routes);
        return routes;
    }

    private static void LogToStandardError(ILoggingBuilder logging) =>
        logging.SetMinimumLevel(LogLevel.Warning).AddFilter(AuditLog.Category, LogLevel.Information).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);

    private static string Version() =>
        typeof(HypervexServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    // The process that hosts the server decides about signals.
    private sealed class SilentLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
