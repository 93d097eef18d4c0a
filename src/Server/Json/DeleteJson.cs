namespace Hypervex.Server.Json;

/// <summary>
/// What to delete: <c>{"vector_ids": ["a", ..]}</c> (or <c>ids</c>), or <c>{"filter": {..}}</c>.
/// Invariant: exactly one of both is not null.
/// Thread safety: immutable.
/// </summary>
/// <param name="Ids">At most 10,000 ids.</param>
/// <param name="Filter">Which records.</param>
internal sealed record DeleteJson(IReadOnlyList<string>? Ids, Filter? Filter)
{
    private static readonly KeySet _keys = new("vector_ids", "ids", "filter");

    /// <summary>The deletion that the reader stands on.</summary>
    public static DeleteJson Read(ref StrictJson json)
    {
        json.ExpectObject();
        List<string>? ids = null;
        Filter? filter = null;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            if (key == "filter")
            {
                filter = ContentJson.ReadFilter(ref json);
            }
            else
            {
                ids = ids is null ? IdsJson.ReadIds(ref json) : throw IdsJson.GivenTwice(ref json);
            }
        }

        if (ids is null && filter is null)
        {
            throw json.Fail(ErrorCode.InvalidJson, "the key \"vector_ids\" or \"filter\" is missing.");
        }

        return ids is not null && filter is not null
            ? throw json.Fail(ErrorCode.InvalidArgument, "\"vector_ids\" and \"filter\" exclude each other.")
            : new DeleteJson(ids, filter);
    }
}
