using Hypervex.Server.Settings;

namespace Hypervex.Server;

/// <summary>
/// Settings from environment variables; docs/limits.md lists them. A variable that is empty counts as unset. <c>HYPERVEX_CONFIG</c> names a file of settings, over which the other variables win.
/// Thread safety: pure functions.
/// </summary>
public static class ServerEnvironment
{
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
        return ServerSettings.Resolve(file: null, variable, new Dictionary<string, string>()).Options;
    }

    /// <summary>The interval of so many days between scrubs; of 0, never.</summary>
    public static TimeSpan ScrubInterval(long days) => days == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromDays(days);
}
