namespace Hypervex.Server.Json;

/// <summary>
/// What an alias is to stand for, <c>{"collection": ".."}</c>, and several changes at once, <c>{"changes": [{"alias": "..", "collection": ".." or null}, ..]}</c>.
/// Thread safety: pure functions.
/// </summary>
internal static class AliasJson
{
    private static readonly KeySet _targetKeys = new("collection");
    private static readonly KeySet _changesKeys = new("changes");
    private static readonly KeySet _changeKeys = new("alias", "collection");

    /// <summary>The collection that the reader's message names.</summary>
    public static string ReadTarget(ref StrictJson json)
    {
        json.ExpectObject();
        string? collection = null;
        ulong seen = 0;
        while (json.NextKey(_targetKeys, ref seen) is not null)
        {
            collection = json.ReadString();
        }

        return collection ?? throw json.Fail(ErrorCode.InvalidJson, "the key \"collection\" is missing.");
    }

    /// <summary>The changes by alias that the reader's message names; null drops an alias.</summary>
    public static Dictionary<string, string?> ReadChanges(ref StrictJson json)
    {
        json.ExpectObject();
        Dictionary<string, string?>? changes = null;
        ulong seen = 0;
        while (json.NextKey(_changesKeys, ref seen) is not null)
        {
            json.ExpectArray();
            changes = new Dictionary<string, string?>(StringComparer.Ordinal);
            for (int index = -1; json.NextItem(ref index);)
            {
                if (index == 2 * Limits.MaxAliases)
                {
                    throw json.Fail(ErrorCode.LimitOutOfRange, FormattableString.Invariant($"at most {2 * Limits.MaxAliases} changes at once."));
                }

                ReadChange(ref json, changes);
            }
        }

        return changes ?? throw json.Fail(ErrorCode.InvalidJson, "the key \"changes\" is missing.");
    }

    // A forgotten key must not drop an alias, so null has to be written out.
    private static void ReadChange(ref StrictJson json, Dictionary<string, string?> changes)
    {
        json.ExpectObject();
        string? alias = null;
        string? collection = null;
        bool isGiven = false;
        ulong seen = 0;
        while (json.NextKey(_changeKeys, ref seen) is { } key)
        {
            if (key == "alias")
            {
                alias = json.ReadString();
            }
            else
            {
                collection = json.ReadString();
                isGiven = true;
            }
        }

        if (alias is null || !isGiven)
        {
            throw json.Fail(ErrorCode.InvalidJson, $"the key \"{(alias is null ? "alias" : "collection")}\" is missing; a change has both, and null as \"collection\" drops the alias.");
        }

        if (!changes.TryAdd(alias, collection))
        {
            throw json.Fail(ErrorCode.InvalidArgument, $"the alias {JsonPath.Quote(alias)} is changed twice.");
        }
    }
}
