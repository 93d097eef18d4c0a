namespace Hypervex.Server.Json;

/// <summary>
/// Which values to count: <c>{"field", "filter", "limit"}</c>.
/// Thread safety: immutable.
/// </summary>
/// <param name="Field">The metadata field.</param>
/// <param name="Filter">Only over records that match; null = all.</param>
/// <param name="Limit">Greatest number of values.</param>
internal sealed record FacetsJson(string Field, Filter? Filter, int Limit)
{
    /// <summary>Values when no number is asked for.</summary>
    public const int DefaultLimit = 100;

    private static readonly KeySet _keys = new("field", "filter", "limit");

    /// <summary>The request that the reader stands on.</summary>
    public static FacetsJson Read(ref StrictJson json)
    {
        json.ExpectObject();
        string? field = null;
        Filter? filter = null;
        int limit = DefaultLimit;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "field":
                    field = json.ReadString();
                    break;
                case "filter":
                    filter = ContentJson.ReadFilter(ref json);
                    break;
                default:
                    limit = (int)(json.ReadInteger(1, Limits.MaxPage) ?? DefaultLimit);
                    break;
            }
        }

        return new FacetsJson(field ?? throw json.Fail(ErrorCode.InvalidJson, "the key \"field\" is missing."), filter, limit);
    }
}
