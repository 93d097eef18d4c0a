using System.Text.Json;

namespace Hypervex.Server.Json;

/// <summary>
/// Settings of a collection to alter: <c>{"capacity": 1000, "durability": "batch", "quantization": "sq8", "index": {"ef": 128}, "vectors": {"title": {"quantization": "none", "index": {"ef": 64}}}}</c>.
/// A <c>capacity</c> of null is none, a <c>durability</c> of null the server's.
/// Thread safety: none; one for each request.
/// </summary>
internal sealed class CollectionChangesJson
{
    private static readonly KeySet _keys = new("capacity", "durability", "quantization", "index", "vectors");
    private static readonly KeySet _fieldKeys = new("quantization", "index");
    private static readonly KeySet _indexKeys = new("ef");

    private readonly Dictionary<string, int> _widths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, QuantizationKind> _codes = new(StringComparer.Ordinal);

    /// <summary>The changes that the reader stands on.</summary>
    public static CollectionChanges Read(ref StrictJson json) => new CollectionChangesJson().ReadAll(ref json);

    private CollectionChanges ReadAll(ref StrictJson json)
    {
        json.ExpectObject();
        var changes = new CollectionChanges();
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
                case "durability" when json.Reader.TokenType == JsonTokenType.Null:
                    changes = changes with { RemoveDurability = true };
                    break;
                case "durability":
                    changes = changes with { Durability = DurabilityName.Read(ref json) };
                    break;
                case "vectors":
                    ReadFields(ref json);
                    break;
                default:
                    ReadSetting(ref json, key, "");
                    break;
            }
        }

        return seen == 0
            ? throw json.Fail(ErrorCode.InvalidJson, $"nothing is to be altered; known are {_keys}.")
            : changes with { Ef = _widths, Quantization = _codes };
    }

    private void ReadFields(ref StrictJson json)
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
            while (json.NextKey(_fieldKeys, ref seen) is { } key)
            {
                ReadSetting(ref json, key, name);
            }

            json.Path.LeaveTo(depth);
        }
    }

    private void ReadSetting(ref StrictJson json, string key, string field)
    {
        if (key == "index")
        {
            ReadIndex(ref json, field);
        }
        else if (json.Reader.TokenType != JsonTokenType.Null && !_codes.TryAdd(field, CollectionJson.ReadName(ref json, QuantizationKind.None)))
        {
            throw json.Fail(ErrorCode.InvalidArgument, $"the field {JsonPath.Quote(field)} gets its quantization twice.");
        }
    }

    private void ReadIndex(ref StrictJson json, string field)
    {
        json.ExpectObject();
        ulong seen = 0;
        while (json.NextKey(_indexKeys, ref seen) is not null)
        {
            if (json.ReadInteger(1, Limits.MaxEf) is { } ef && !_widths.TryAdd(field, (int)ef))
            {
                throw json.Fail(ErrorCode.InvalidArgument, $"the field {JsonPath.Quote(field)} gets its ef twice.");
            }
        }
    }
}
