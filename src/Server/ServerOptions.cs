using Microsoft.Extensions.Logging;

namespace Hypervex.Server;

/// <summary>
/// Settings of a <see cref="HypervexServer"/>. <see cref="ServerEnvironment"/> reads them from environment variables and a file.
/// Thread safety: immutable.
/// </summary>
public sealed record ServerOptions
{
    /// <summary>Where to listen unless told otherwise.</summary>
    public const string DefaultListen = "127.0.0.1:8080";

    /// <summary>The data directory unless told otherwise.</summary>
    public const string DefaultDataPath = ".hypervector";

    /// <summary>The data directory; null = a database in memory.</summary>
    public string? DataPath { get; init; } = DefaultDataPath;

    /// <summary>
    /// Address and port: <c>127.0.0.1:8080</c>, <c>[::1]:8080</c> or <c>localhost:8080</c>; port 0 takes a free one. As long as
    /// there are no keys, only loopback addresses are accepted.
    /// </summary>
    public string Listen { get; init; } = DefaultListen;

    /// <summary>
    /// Where gRPC listens (HTTP/2 without TLS), as <see cref="Listen"/> is spelled; null = nowhere. The same rule holds: only loopback as long as there are no keys.
    /// </summary>
    public string? GrpcListen { get; init; }

    /// <summary>
    /// A file with one line of 32 to 512 printable ASCII characters: a key to which everything is allowed, read at the start; null = none.
    /// </summary>
    public string? AdminKeyFile { get; init; }

    /// <summary>
    /// A PEM file with the server's certificate, and those that lead to its issuer; null = plain HTTP. It goes with <see cref="TlsKeyFile"/>, and holds for gRPC too. Both files are read again for
    /// each connection, so that renewed ones are used without a restart.
    /// </summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>A PEM file with the certificate's key, not encrypted.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>
    /// The collector of OpenTelemetry that spans and metrics are sent to (<c>http://localhost:4318</c>), by OTLP over HTTP, or over gRPC where <c>OTEL_EXPORTER_OTLP_PROTOCOL</c> says so; null = nowhere, unless the standard variables
    /// <c>OTEL_EXPORTER_OTLP_..</c> name one.
    /// </summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>How the collection <c>default</c> is created on its first use.</summary>
    public DefaultCollectionOptions DefaultCollection { get; init; } = new();

    /// <summary>
    /// Origins (<c>https://app.example.org</c>) whose pages may call the server from a browser, or <c>*</c> for all; none by
    /// default.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Settings of the database.</summary>
    public DatabaseOptions Database { get; init; } = new();

    /// <summary>Limits of the HTTP side.</summary>
    public ServerLimits Limits { get; init; } = new();

    /// <summary>Where logs go; null = warnings and errors to standard error.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }
}

/// <summary>
/// How the collection <c>default</c> is created on its first use. A dimension or metric that is set must also be that of an
/// existing one, or the server does not become ready.
/// Thread safety: immutable.
/// </summary>
public sealed record DefaultCollectionOptions
{
    /// <summary>Its name.</summary>
    public const string Name = "default";

    /// <summary>Components of each vector, 1 to 65,536; null = the first vector decides.</summary>
    public int? Dimension { get; init; }

    /// <summary>Greatest number of records; null = unlimited.</summary>
    public long? Capacity { get; init; }

    /// <summary>The metric; null = cosine.</summary>
    public Metric? Metric { get; init; }

    /// <summary>The settings as the engine takes them.</summary>
    internal CollectionOptions ToCollectionOptions() =>
        CollectionOptions.Create(Dimension, Metric ?? Hypervex.Metric.Cosine) with { Capacity = Capacity };
}
