namespace Hypervex.Server.Json;

/// <summary>
/// The names of durability levels: <c>fsync</c>, <c>batch</c>, <c>os</c>.
/// Thread safety: pure functions.
/// </summary>
internal static class DurabilityName
{
    /// <summary>The level with this name.</summary>
    /// <param name="setting">What the name was given for, for the message.</param>
    /// <param name="name">The name.</param>
    public static Durability Parse(string setting, string name) => TryParse(name, out Durability durability)
        ? durability
        : throw new HypervexException(ErrorCode.InvalidArgument, $"{setting} is {JsonPath.Quote(name)}; known are fsync, batch, os.");

    /// <summary>The level that the reader stands on the name of; null where it stands on null.</summary>
    public static Durability? Read(ref StrictJson json) => json.ReadString() is not { } name
        ? null
        : TryParse(name, out Durability durability)
            ? durability
            : throw json.Fail(ErrorCode.InvalidArgument, $"{JsonPath.Quote(name)} is not known; known are fsync, batch, os.");

    /// <summary>The level with this name, if there is one.</summary>
    public static bool TryParse(string name, out Durability durability)
    {
        (bool known, durability) = name switch
        {
            "fsync" => (true, Durability.Fsync),
            "batch" => (true, Durability.Batch),
            "os" => (true, Durability.OperatingSystem),
            _ => (false, default),
        };
        return known;
    }

    /// <summary>The name of a level.</summary>
    public static string Of(Durability durability) => durability switch
    {
        Durability.Fsync => "fsync",
        Durability.Batch => "batch",
        _ => "os",
    };
}
