using System.Globalization;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Ranges of numbers in messages.
/// Thread safety: pure functions.
/// </summary>
internal static class Range
{
    /// <summary>The number, if it is in its range.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.LimitOutOfRange"/>.</exception>
    public static int Check(string name, int value, int least, int greatest) => (int)Check(name, (long)value, least, greatest);

    /// <inheritdoc cref="Check(string, int, int, int)"/>
    public static long Check(string name, long value, long least, long greatest) => value >= least && value <= greatest
        ? value
        : throw new HypervexException(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"{name}: expected an integer from {least} to {greatest}, found {value}."));
}
