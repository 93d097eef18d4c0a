namespace Hypervex.Server.Json;

/// <summary>
/// What to count: <c>{"filter": {..}}</c>.
/// Thread safety: one caller at a time for each reader.
/// </summary>
internal static class CountJson
{
    private static readonly KeySet _keys = new("filter");

    /// <summary>The filter; null = all.</summary>
    public static Filter? Read(ref StrictJson json)
    {
        json.ExpectObject();
        Filter? filter = null;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is not null)
        {
            filter = ContentJson.ReadFilter(ref json);
        }

        return filter;
    }
}
