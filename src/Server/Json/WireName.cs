using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// The names that the engine's enumerations have on the wire: snake_case.
/// Thread safety: immutable.
/// </summary>
internal static class WireName<TEnum>
    where TEnum : struct, Enum
{
    private static readonly Dictionary<string, TEnum> _values =
        Enum.GetValues<TEnum>().ToDictionary(value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()), StringComparer.Ordinal);

    private static readonly Dictionary<TEnum, string> _names = _values.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>All names for a message: <c>l2, cosine</c>.</summary>
    public static string Known { get; } = string.Join(", ", _values.Keys);

    /// <summary>The value's name.</summary>
    public static string Of(TEnum value) => _names[value];

    /// <summary>The value with this name.</summary>
    public static bool TryParse(string name, out TEnum value) => _values.TryGetValue(name, out value);
}
