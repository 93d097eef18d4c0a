using System.Globalization;

namespace Hypervex.Server.Json;

/// <summary>
/// Ids in a body: <c>{"vector_ids": ["a", ..], "include": [..], "vector_format": ".."}</c>; <c>ids</c> is another spelling of <c>vector_ids</c>.
/// Thread safety: immutable.
/// </summary>
/// <param name="Ids">At most 10,000 ids.</param>
/// <param name="Parts">What is read of each record.</param>
/// <param name="Format">How its vectors are written.</param>
internal sealed record IdsJson(IReadOnlyList<string> Ids, RecordParts Parts, VectorFormat Format)
{
    private static readonly KeySet _keysToGet = new("vector_ids", "ids", "include", "vector_format");

    /// <summary>The ids to read, and what of each record.</summary>
    public static IdsJson ReadToGet(ref StrictJson json)
    {
        json.ExpectObject();
        List<string>? ids = null;
        RecordParts parts = RecordParts.All;
        VectorFormat format = VectorFormat.Array;
        ulong seen = 0;
        while (json.NextKey(_keysToGet, ref seen) is { } key)
        {
            if (key == "include")
            {
                parts = RecordPartNames.Read(ref json, RecordParts.All);
            }
            else if (key == "vector_format")
            {
                format = VectorText.Read(ref json);
            }
            else
            {
                ids = ids is null ? ReadIds(ref json) : throw GivenTwice(ref json);
            }
        }

        return new IdsJson(ids ?? throw json.Fail(ErrorCode.InvalidJson, "the key \"vector_ids\" is missing."), parts, format);
    }

    /// <summary>The error when the ids come under both of their keys.</summary>
    public static HypervexException GivenTwice(ref StrictJson json) =>
        json.Fail(ErrorCode.InvalidJson, "the ids are given twice; \"ids\" is another spelling of \"vector_ids\".");

    /// <summary>The ids that the reader stands on.</summary>
    public static List<string> ReadIds(ref StrictJson json)
    {
        json.ExpectArray();
        var ids = new List<string>();
        for (int index = -1; json.NextItem(ref index);)
        {
            if (index == Limits.MaxBatch)
            {
                throw json.Fail(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"at most {Limits.MaxBatch} ids at once."));
            }

            ids.Add(json.ReadString() ?? throw json.Unexpected("a string"));
        }

        return ids;
    }
}
