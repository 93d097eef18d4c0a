using System.Globalization;
using Hypervex.Server.Json;

namespace Hypervex.Server.Settings;

/// <summary>What a setting is in a file of JSON.</summary>
internal enum SettingKind
{
    /// <summary>A whole number.</summary>
    Number,

    /// <summary>A string.</summary>
    Text,

    /// <summary>An array of strings; elsewhere they are separated by commas.</summary>
    List,
}

/// <summary>The names of a setting.</summary>
/// <param name="Key">In a file.</param>
/// <param name="Variable">In the environment.</param>
/// <param name="Flag">On the command line.</param>
internal sealed record SettingNames(string Key, string Variable, string Flag);

/// <summary>
/// One setting of a server: its names, the values that it takes, and where it goes.
/// Thread safety: immutable.
/// </summary>
/// <param name="Names">Its names.</param>
/// <param name="Kind">What it is in a file.</param>
/// <param name="Expected">The values that it takes, for messages.</param>
/// <param name="Put">The options with a value; null when the value is not acceptable.</param>
/// <param name="Show">Its value in options; null when there is none.</param>
internal sealed record Setting(SettingNames Names, SettingKind Kind, string Expected, Func<ServerOptions, string, ServerOptions?> Put, Func<ServerOptions, string?> Show)
{
    /// <summary>Least and greatest value of a number.</summary>
    public (long Least, long Greatest) Range { get; private init; }

    /// <summary>A setting that is a text.</summary>
    public static Setting Text(SettingNames names, string expected, Func<ServerOptions, string, ServerOptions> put, Func<ServerOptions, string?> show) =>
        new(names, SettingKind.Text, expected, put, show);

    /// <summary>A setting that is a whole number.</summary>
    public static Setting Number(SettingNames names, long least, long greatest, Func<ServerOptions, long, ServerOptions> put, Func<ServerOptions, long?> show) => new(
        names,
        SettingKind.Number,
        string.Create(CultureInfo.InvariantCulture, $"an integer from {least} to {greatest}"),
        (options, text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= greatest ? put(options, number) : null,
        options => show(options)?.ToString(CultureInfo.InvariantCulture))
    {
        Range = (least, greatest),
    };

    /// <summary>A setting that is one of the words of an enumeration.</summary>
    public static Setting Word<T>(SettingNames names, Func<ServerOptions, T, ServerOptions> put, Func<ServerOptions, T?> show)
        where T : struct, Enum => new(
            names,
            SettingKind.Text,
            $"one of {WireName<T>.Known}",
            (options, text) => WireName<T>.TryParse(text, out T value) ? put(options, value) : null,
            options => show(options) is { } value ? WireName<T>.Of(value) : null);

    /// <summary>The options with a value.</summary>
    /// <param name="options">The options before.</param>
    /// <param name="text">The value.</param>
    /// <param name="place">Where the value stands, for the message.</param>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidArgument"/>: the value is not acceptable.</exception>
    public ServerOptions Set(ServerOptions options, string text, string place) =>
        Put(options, text) ?? throw new HypervexException(ErrorCode.InvalidArgument, $"{place} is {JsonPath.Quote(text)}; expected {Expected}.");
}
