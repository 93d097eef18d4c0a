using System.Globalization;

namespace Hypervex.Wire;

/// <summary>
/// The header <c>grpc-timeout</c>: up to eight digits and a unit, <c>H M S m u n</c> (gRPC over HTTP/2, "Timeout").
/// Thread safety: pure functions.
/// </summary>
public static class GrpcTimeout
{
    private const int MostDigits = 8;

    /// <summary>Reads a timeout. A part of a tick counts as a whole one, so that only 0 is no time at all.</summary>
    /// <param name="text">The header's value.</param>
    /// <param name="timeout">The time, 0 or more.</param>
    /// <returns>False when the text is no timeout.</returns>
    public static bool TryParse(string? text, out TimeSpan timeout)
    {
        timeout = TimeSpan.Zero;
        if (text is not { Length: >= 2 and <= MostDigits + 1 }
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            return false;
        }

        long? ticks = text[^1] switch
        {
            'H' => value * TimeSpan.TicksPerHour,
            'M' => value * TimeSpan.TicksPerMinute,
            'S' => value * TimeSpan.TicksPerSecond,
            'm' => value * TimeSpan.TicksPerMillisecond,
            'u' => value * TimeSpan.TicksPerMicrosecond,
            'n' => (value + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick,
            _ => null,
        };
        timeout = new TimeSpan(ticks ?? 0);
        return ticks is not null;
    }
}
