using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;

namespace Hypervex.Cli.Output;

/// <summary>Field indexes and explanations in the words of the command line.</summary>
internal static class FieldIndexText
{
    /// <summary>The JSON form, as in the REST answers.</summary>
    public static JsonObject ToJson(FieldIndexState index) => new()
    {
        ["field"] = index.Field,
        ["type"] = Choice.Word(index.Type),
        ["ready"] = index.IsReady,
        ["progress"] = Math.Round(index.Progress, 4),
        ["problem"] = index.Problem,
        ["records"] = index.Records,
        ["other_records"] = index.OtherRecords,
        ["values"] = index.Values,
        ["memory_bytes"] = index.MemoryBytes,
    };

    /// <summary>One line.</summary>
    public static string ToText(FieldIndexState index)
    {
        string state = index.Problem is { } problem
            ? $"not built: {problem}"
            : index.IsReady ? "ready" : string.Create(CultureInfo.InvariantCulture, $"{index.Progress * 100:0} % built");
        string values = index.Values is { } count ? $", {Printable.Count(count)} values" : "";
        string others = index.OtherRecords == 0 ? "" : $", {Printable.Count(index.OtherRecords)} of them with values of another kind";
        return $"{Printable.Clean(index.Field)}: {Choice.Word(index.Type)}, {state}, {Printable.Count(index.Records)} records{others}{values}, {Printable.Size(index.MemoryBytes)}";
    }

    /// <summary>The JSON form of an explanation, as in the REST answers.</summary>
    public static JsonObject ToJson(SearchExplanation explanation) => new()
    {
        ["plan"] = Choice.Word(explanation.Plan),
        ["estimated_matches"] = explanation.EstimatedMatches,
        ["matches"] = explanation.Matches,
        ["records_read"] = explanation.RecordsRead,
        ["distances"] = explanation.Distances,
        ["ef"] = explanation.Ef,
        ["filter_us"] = explanation.FilterMicroseconds,
        ["search_us"] = explanation.SearchMicroseconds,
        ["read_us"] = explanation.ReadMicroseconds,
        ["warnings"] = new JsonArray([.. explanation.Warnings.Select(warning => JsonValue.Create(warning))]),
    };

    /// <summary>An explanation in lines.</summary>
    public static IEnumerable<string> ToText(SearchExplanation explanation)
    {
        string matches = explanation.Matches is { } count
            ? $"{Printable.Count(count)} records match ({(explanation.EstimatedMatches is { } expected ? $"{Printable.Count(expected)} expected" : "no index to tell before")}, {Printable.Count(explanation.RecordsRead)} read to decide); "
            : "";
        yield return $"plan {Choice.Word(explanation.Plan)}: {matches}{Printable.Count(explanation.Distances)} distances";
        yield return string.Create(
            CultureInfo.InvariantCulture, $"microseconds: filter {explanation.FilterMicroseconds}, search {explanation.SearchMicroseconds}, read {explanation.ReadMicroseconds}");
        foreach (string warning in explanation.Warnings)
        {
            yield return $"warning: {Printable.Clean(warning)}";
        }
    }
}
