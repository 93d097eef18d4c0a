using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// Settings of a collection to alter: <c>{"capacity": 1000, "index": {"ef": 128}, "vectors": {"title": {"index": {"ef": 64}}}}</c>. A <c>capacity</c> of null is none.
/// Thread safety: pure functions.
/// </summary>
internal static class CollectionChangesJson
{
    private static readonly KeySet _keys = new("capacity", "index", "vectors");
    private static readonly KeySet _fieldKeys = new("index");
    private static readonly KeySet _indexKeys = new("ef");

    /// <summary>The changes that the reader stands on.</summary>
    public static CollectionChanges Read(ref StrictJson json)
    {
        json.ExpectObject();
        var changes = new CollectionChanges();
        var widths = new Dictionary<string, int>(StringComparer.Ordinal);
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "capacity" when json.Reader.TokenType == JsonTokenType.Null:
                    changes = changes with { RemoveCapacity = true };
                    break;
                case "capacity":
                    changes = changes with { Capacity = json.ReadInteger(1, long.MaxValue) };
                    break;
                case "index":
                    ReadIndex(ref json, "", widths);
                    break;
                default:
                    ReadFields(ref json, widths);
                    break;
            }
        }

        return seen == 0 ? throw json.Fail(ErrorCode.InvalidJson, $"nothing is to be altered; known are {_keys}.") : changes with { Ef = widths };
    }

    private static void ReadFields(ref StrictJson json, Dictionary<string, int> widths)
    {
        json.ExpectObject();
        int depth = json.Path.Depth;
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndObject; json.Next())
        {
            string name = json.Text();
            json.Path.Enter(name);
            json.Next();
            json.ExpectObject();
            ulong seen = 0;
            while (json.NextKey(_fieldKeys, ref seen) is not null)
            {
                ReadIndex(ref json, name, widths);
            }

            json.Path.LeaveTo(depth);
        }
    }

    private static void ReadIndex(ref StrictJson json, string field, Dictionary<string, int> widths)
    {
        json.ExpectObject();
        ulong seen = 0;
        while (json.NextKey(_indexKeys, ref seen) is not null)
        {
            if (json.ReadInteger(1, Limits.MaxEf) is { } ef && !widths.TryAdd(field, (int)ef))
            {
                throw json.Fail(ErrorCode.InvalidArgument, $"the field {JsonPath.Quote(field)} gets its ef twice.");
            }
        }
    }
}
