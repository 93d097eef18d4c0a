using System.Globalization;
using Hypervex.Server.Json;

namespace Hypervex.Server;

/// <summary>
/// Settings from environment variables: <c>STORAGE_PATH</c>, <c>VECTOR_DIMENSION</c>, <c>VECTOR_CAPACITY</c>,
/// <c>VECTOR_METRIC</c>, <c>HYPERVEX_LISTEN</c>, <c>HYPERVEX_MEMORY_LIMIT</c> (bytes), <c>HYPERVEX_ROW_ACCESS</c> (<c>map</c>, <c>memory</c>, <c>read</c>), <c>HYPERVEX_SCRUB_DAYS</c> (0 = never), <c>HYPERVEX_PENDING_LIMIT</c> (records), <c>HYPERVEX_ADMIN_KEY_FILE</c> (a path), <c>HYPERVEX_ALLOWED_ORIGINS</c> (separated by commas) and
/// <c>HYPERVEX_DURABILITY</c> (<c>fsync</c>, <c>batch</c>, <c>os</c>). A variable that is empty counts as unset.
/// Thread safety: pure functions.
/// </summary>
public static class ServerEnvironment
{
    /// <summary>What a server keeps free on its disk, in bytes.</summary>
    private const long DiskReserveBytes = 64L << 20;

    /// <summary>Greatest number of days between two scrubs.</summary>
    public const int MaxScrubDays = 3650;

    /// <summary>The process's settings.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: a variable has no acceptable value.</exception>
    public static ServerOptions Read() => Read(Environment.GetEnvironmentVariable);

    /// <summary>Settings from a source of variables.</summary>
    /// <param name="variable">The value of a variable; null when it is unset.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: a variable has no acceptable value.</exception>
    public static ServerOptions Read(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        string? Value(string name) => variable(name) is { Length: > 0 } value ? value : null;

        var defaults = new DatabaseOptions();
        return new ServerOptions
        {
            DataPath = Value("STORAGE_PATH") ?? ServerOptions.DefaultDataPath,
            Listen = Value("HYPERVEX_LISTEN") ?? ServerOptions.DefaultListen,
            AdminKeyFile = Value("HYPERVEX_ADMIN_KEY_FILE"),
            AllowedOrigins = (Value("HYPERVEX_ALLOWED_ORIGINS") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            DefaultCollection = new DefaultCollectionOptions
            {
                Dimension = (int?)ParseInteger("VECTOR_DIMENSION", Value("VECTOR_DIMENSION"), Hypervex.Limits.MaxDimension),
                Capacity = ParseInteger("VECTOR_CAPACITY", Value("VECTOR_CAPACITY"), long.MaxValue),
                Metric = Value("VECTOR_METRIC") is { } metric ? ParseMetric(metric) : null,
            },
            Database = new DatabaseOptions
            {
                Durability = Value("HYPERVEX_DURABILITY") is { } durability ? DurabilityName.Parse("HYPERVEX_DURABILITY", durability) : Durability.Fsync,
                MemoryLimitBytes = ParseInteger("HYPERVEX_MEMORY_LIMIT", Value("HYPERVEX_MEMORY_LIMIT"), long.MaxValue) ?? 0,
                RowAccess = Value("HYPERVEX_ROW_ACCESS") is { } access ? ParseRowAccess(access) : RowAccess.Map,
                DiskReserveBytes = DiskReserveBytes,
                PendingLimit = (int?)ParseInteger("HYPERVEX_PENDING_LIMIT", Value("HYPERVEX_PENDING_LIMIT"), Hypervex.Limits.MaxPendingLimit, Hypervex.Limits.MinPendingLimit) ?? defaults.PendingLimit,
                ScrubInterval = ParseInteger("HYPERVEX_SCRUB_DAYS", Value("HYPERVEX_SCRUB_DAYS"), MaxScrubDays, least: 0) is { } days ? ScrubInterval(days) : defaults.ScrubInterval,
            },
        };
    }

    /// <summary>The interval of so many days between scrubs; of 0, never.</summary>
    public static TimeSpan ScrubInterval(long days) => days == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromDays(days);

    private static long? ParseInteger(string name, string? value, long greatest, long least = 1)
    {
        if (value is null)
        {
            return null;
        }

        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= greatest
            ? number
            : throw new HypervexException(
                ErrorCode.InvalidArgument,
                string.Create(CultureInfo.InvariantCulture, $"{name} is {JsonPath.Quote(value)}; expected an integer from {least} to {greatest}."));
    }

    private static RowAccess ParseRowAccess(string value) => WireName<RowAccess>.TryParse(value, out RowAccess access)
        ? access
        : throw new HypervexException(ErrorCode.InvalidArgument, $"HYPERVEX_ROW_ACCESS is {JsonPath.Quote(value)}; known are {WireName<RowAccess>.Known}.");

    private static Metric ParseMetric(string value) => WireName<Metric>.TryParse(value, out Metric metric)
        ? metric
        : throw new HypervexException(ErrorCode.InvalidArgument, $"VECTOR_METRIC is {JsonPath.Quote(value)}; known are {WireName<Metric>.Known}.");
}
