using Hypervex.Server.Json;
using Hypervex.Server.Telemetry;

namespace Hypervex.Server.Settings;

/// <summary>
/// All settings of a server: the one place that says what each is called, which values it takes, and what it does to the options. docs/limits.md prints the table.
/// Thread safety: immutable.
/// </summary>
internal static class SettingTable
{
    private const int HoursOfDay = 24;

    /// <summary>The settings, in the order in which they are printed.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Setting.Text(new("data_path", "STORAGE_PATH", "--data"), "a path", (options, path) => options with { DataPath = path }, options => options.DataPath),
        Setting.Text(new("listen", "HYPERVEX_LISTEN", "--listen"), "an address and a port", (options, address) => options with { Listen = address }, options => options.Listen),
        Setting.Text(new("grpc_listen", "HYPERVEX_GRPC_LISTEN", "--grpc-listen"), "an address and a port", (options, address) => options with { GrpcListen = address }, options => options.GrpcListen),
        Setting.Text(new("admin_key_file", "HYPERVEX_ADMIN_KEY_FILE", "--admin-key-file"), "a path", (options, path) => options with { AdminKeyFile = path }, options => options.AdminKeyFile),
        Setting.Text(
            new("tls_certificate_file", "HYPERVEX_TLS_CERTIFICATE_FILE", "--tls-certificate-file"), "a path", (options, path) => options with { TlsCertificateFile = path }, options => options.TlsCertificateFile),
        Setting.Text(new("tls_key_file", "HYPERVEX_TLS_KEY_FILE", "--tls-key-file"), "a path", (options, path) => options with { TlsKeyFile = path }, options => options.TlsKeyFile),
        new(
            new("allowed_origins", "HYPERVEX_ALLOWED_ORIGINS", "--allow-origin"),
            SettingKind.List,
            "origins such as https://app.example.org, or *",
            (options, list) => options with { AllowedOrigins = list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) },
            options => options.AllowedOrigins.Count == 0 ? null : string.Join(", ", options.AllowedOrigins)),
        Setting.Number(
            new("default_dimension", "VECTOR_DIMENSION", "--dimension"),
            1,
            Limits.MaxDimension,
            (options, number) => options with { DefaultCollection = options.DefaultCollection with { Dimension = (int)number } },
            options => options.DefaultCollection.Dimension),
        Setting.Word<Metric>(
            new("default_metric", "VECTOR_METRIC", "--metric"),
            (options, metric) => options with { DefaultCollection = options.DefaultCollection with { Metric = metric } },
            options => options.DefaultCollection.Metric),
        Setting.Number(
            new("default_capacity", "VECTOR_CAPACITY", "--capacity"),
            1,
            long.MaxValue,
            (options, number) => options with { DefaultCollection = options.DefaultCollection with { Capacity = number } },
            options => options.DefaultCollection.Capacity),
        new(
            new("durability", "HYPERVEX_DURABILITY", "--durability"),
            SettingKind.Text,
            "one of fsync, batch, os",
            (options, name) => DurabilityName.TryParse(name, out Durability durability) ? options with { Database = options.Database with { Durability = durability } } : null,
            options => DurabilityName.Of(options.Database.Durability)),
        Setting.Number(
            new("memory_limit", "HYPERVEX_MEMORY_LIMIT", "--memory-limit"),
            1,
            long.MaxValue,
            (options, number) => options with { Database = options.Database with { MemoryLimitBytes = number } },
            options => options.Database.MemoryLimitBytes > 0 ? options.Database.MemoryLimitBytes : null),
        Setting.Word<RowAccess>(
            new("row_access", "HYPERVEX_ROW_ACCESS", "--row-access"),
            (options, access) => options with { Database = options.Database with { RowAccess = access } },
            options => options.Database.RowAccess),
        Setting.Number(
            new("pending_limit", "HYPERVEX_PENDING_LIMIT", "--pending-limit"),
            Limits.MinPendingLimit,
            Limits.MaxPendingLimit,
            (options, number) => options with { Database = options.Database with { PendingLimit = (int)number } },
            options => options.Database.PendingLimit),
        Setting.Number(
            new("scrub_days", "HYPERVEX_SCRUB_DAYS", "--scrub-days"),
            0,
            ServerEnvironment.MaxScrubDays,
            (options, number) => options with { Database = options.Database with { ScrubInterval = ServerEnvironment.ScrubInterval(number) } },
            options => options.Database.ScrubInterval == Timeout.InfiniteTimeSpan ? 0 : (long)options.Database.ScrubInterval.TotalDays),
        Setting.Number(
            new("tombstone_retention_hours", "HYPERVEX_TOMBSTONE_RETENTION_HOURS", "--tombstone-retention-hours"),
            0,
            Limits.MaxTombstoneDays * HoursOfDay,
            (options, number) => options with { Database = options.Database with { TombstoneRetention = TimeSpan.FromHours(number) } },
            options => (long)options.Database.TombstoneRetention.TotalHours),
        new(
            new("otlp_endpoint", "HYPERVEX_OTLP_ENDPOINT", "--otlp-endpoint"),
            SettingKind.Text,
            "a URL of http or https such as http://localhost:4318",
            (options, text) => TelemetryExport.EndpointOf(text) is { } endpoint ? options with { OtlpEndpoint = endpoint } : null,
            options => options.OtlpEndpoint?.OriginalString),
        .. LimitSettings.All,
    ];
}
