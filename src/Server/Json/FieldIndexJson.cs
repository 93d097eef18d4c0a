using System.Text.Json;
using Hypervex.Wire;

namespace Hypervex.Server.Json;

/// <summary>
/// Field indexes: one to create, <c>{"field", "type"}</c>; those of a new collection, <c>{"lang": "keyword", ..}</c>; and how they are told about.
/// Thread safety: pure functions.
/// </summary>
internal static class FieldIndexJson
{
    private static readonly KeySet _keys = new("field", "type");

    /// <summary>The field index that the reader stands on.</summary>
    public static (string Field, FieldIndexType Type) Read(ref StrictJson json)
    {
        json.ExpectObject();
        string? field = null;
        FieldIndexType? type = null;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            if (key == "field")
            {
                field = json.ReadString();
            }
            else
            {
                type = ReadType(ref json);
            }
        }

        return field is null || type is null
            ? throw json.Fail(ErrorCode.InvalidJson, $"the key \"{(field is null ? "field" : "type")}\" is missing.")
            : (field, type.Value);
    }

    /// <summary>The types by field that the reader stands on; null counts as none.</summary>
    public static Dictionary<string, FieldIndexType> ReadAll(ref StrictJson json)
    {
        var indexes = new Dictionary<string, FieldIndexType>(StringComparer.Ordinal);
        if (json.Reader.TokenType == JsonTokenType.Null)
        {
            return indexes;
        }

        json.ExpectObject();
        int depth = json.Path.Depth;
        for (json.Next(); json.Reader.TokenType != JsonTokenType.EndObject; json.Next())
        {
            string field = json.Text();
            json.Path.Enter(field);
            json.Next();
            if (!indexes.TryAdd(field, ReadType(ref json) ?? throw json.Unexpected("a string")))
            {
                throw json.Fail(ErrorCode.InvalidJson, "the key appears more than once.");
            }

            json.Path.LeaveTo(depth);
        }

        return indexes;
    }

    /// <summary>The answer about an index.</summary>
    public static FieldIndexAnswer Describe(FieldIndexState index) => new()
    {
        Field = index.Field,
        Type = WireName<FieldIndexType>.Of(index.Type),
        Ready = index.IsReady,
        Progress = Math.Round(index.Progress, 4),
        Problem = index.Problem,
        Records = index.Records,
        OtherRecords = index.OtherRecords,
        Values = index.Values,
        MemoryBytes = index.MemoryBytes,
    };

    /// <summary>The answer about a search.</summary>
    public static ExplanationMessage Describe(SearchExplanation explanation) => new()
    {
        Plan = WireName<SearchPlan>.Of(explanation.Plan),
        EstimatedMatches = explanation.EstimatedMatches,
        Matches = explanation.Matches,
        RecordsRead = explanation.RecordsRead,
        Distances = explanation.Distances,
        Ef = explanation.Ef,
        FilterUs = explanation.FilterMicroseconds,
        SearchUs = explanation.SearchMicroseconds,
        ReadUs = explanation.ReadMicroseconds,
        Warnings = explanation.Warnings,
    };

    private static FieldIndexType? ReadType(ref StrictJson json)
    {
        if (json.ReadString() is not { } name)
        {
            return null;
        }

        return WireName<FieldIndexType>.TryParse(name, out FieldIndexType type)
            ? type
            : throw json.Fail(ErrorCode.InvalidArgument, $"{JsonPath.Quote(name)} is not known; known are {WireName<FieldIndexType>.Known}.");
    }
}
