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
    public static Durability Parse(string setting, string name) => name switch
    {
        "fsync" => Durability.Fsync,
        "batch" => Durability.Batch,
        "os" => Durability.OperatingSystem,
        _ => throw new HypervexException(ErrorCode.InvalidArgument, $"{setting} is {JsonPath.Quote(name)}; known are fsync, batch, os."),
    };
}
