namespace Hypervex.Server.Json;

/// <summary>
/// Records to choose at random: <c>{"limit", "filter", "seed", "include", "vector_format"}</c>.
/// Thread safety: immutable.
/// </summary>
/// <param name="Limit">How many.</param>
/// <param name="Filter">Only records that match; null = all.</param>
/// <param name="Seed">Decides the choice; null = another one each time.</param>
/// <param name="Parts">What is read of each record.</param>
/// <param name="Format">How its vectors are written.</param>
internal sealed record SampleJson(int Limit, Filter? Filter, int? Seed, RecordParts Parts, VectorFormat Format)
{
    /// <summary>Records when no number is asked for.</summary>
    public const int DefaultLimit = 10;

    private static readonly KeySet _keys = new("limit", "filter", "seed", "include", "vector_format");

    /// <summary>The request that the reader stands on.</summary>
    public static SampleJson Read(ref StrictJson json)
    {
        json.ExpectObject();
        var sample = new SampleJson(DefaultLimit, null, null, RecordParts.All, VectorFormat.Array);
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            sample = key switch
            {
                "limit" => sample with { Limit = (int)(json.ReadInteger(1, Limits.MaxPage) ?? DefaultLimit) },
                "filter" => sample with { Filter = ContentJson.ReadFilter(ref json) },
                "seed" => sample with { Seed = (int?)json.ReadInteger(int.MinValue, int.MaxValue) },
                "vector_format" => sample with { Format = VectorText.Read(ref json) },
                _ => sample with { Parts = RecordPartNames.Read(ref json, RecordParts.All) },
            };
        }

        return sample;
    }
}
