using Hypervex.Wire;

namespace Hypervex.Server.Json;

/// <summary>
/// How a snapshot is to be restored: <c>{"into": "..", "replace": false}</c>.
/// Thread safety: pure functions.
/// </summary>
internal static class RestoreJson
{
    private static readonly KeySet _keys = new("into", "replace");

    /// <summary>The message that the reader stands on.</summary>
    public static RestoreMessage Read(ref StrictJson json)
    {
        json.ExpectObject();
        var message = new RestoreMessage();
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            message = key == "into" ? message with { Into = json.ReadString() } : message with { Replace = json.ReadBoolean() };
        }

        return message;
    }
}
