using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Hypervex.Bench.Run;

/// <summary>Results of filtered searches, and of questions by metadata, as Markdown. Thread safety: pure functions.</summary>
internal static class FilteredTables
{
    /// <summary>The table of F1.</summary>
    public static string Searches(JsonObject result, string machine)
    {
        StringBuilder text = new();
        JsonObject data = result["dataset"]!.AsObject(), parameters = result["parameters"]!.AsObject();
        text.Append(CultureInfo.InvariantCulture, $"{result["set"]}: {data["n"]:N0} x {data["d"]}, {data["metric"]}, k {parameters["k"]}, m {parameters["m"]}, ef_construction {parameters["ef_construction"]}, ef {parameters["ef"]}, one search thread, ")
            .Append(CultureInfo.InvariantCulture, $"{parameters["repetitions"]} repetitions of {parameters["seconds_per_point"]} s, hnswlib {parameters["hnswlib"] ?? "not installed"}. {machine}\n\n")
            .Append("| case | matches | index | way | recall@10 | short answers | P50 us | P99 us | to the better | to the bar |\n|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (JsonObject each in result["cases"]!.AsArray().Select(node => node!.AsObject()))
        {
            string matches = (int)each["least_matches"]! == (int)each["most_matches"]! ? $"{each["least_matches"]}" : $"{each["least_matches"]} to {each["most_matches"]}";
            foreach ((string way, JsonNode? point) in each["medians"]!.AsObject())
            {
                bool ours = way == "filtered";
                text.Append(CultureInfo.InvariantCulture, $"| {each["case"]} | {matches} | {((bool)each["index"]! ? "yes" : "no")} | {Describe(way, each, parameters, point!)} | {(double)point!["recall"]!:0.0000} ")
                    .Append(CultureInfo.InvariantCulture, $"| {point["short"]} of {each["queries"]} | {point["p50_us"]} | {point["p99_us"]} | {(ours ? each["ratio_to_better"] : "")} | {(ours ? each["ratio_to_bar"] : "")} |\n");
            }
        }

        return text.Append("\n\"To the better\" is the P50 over that of the better of the search without the filter and the exact scan; \"to the bar\" is it over 1.5 times the better, plus 30 us: at most 1 is wanted.\n").ToString();
    }

    /// <summary>The tables of questions without a vector.</summary>
    public static string Questions(JsonObject result, string machine)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{result["records"]:N0} records with 10 metadata fields, each with an index, counted exactly; {result["parameters"]!["repetitions"]} repetitions of {result["parameters"]!["times"]} questions. {machine}\n\n")
            .Append("| count where | matches | P50 ms | P99 ms | bar ms | reached |\n|---|---|---|---|---|---|\n");
        foreach (JsonNode? row in result["questions"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{row!["filter"]}` | {row["matches"]:N0} | {row["p50_ms"]} | {row["p99_ms"]} | {row["bar_ms"]} | {row["reached"]} |\n");
        }

        text.Append("\n| field | type | different values | MB | bytes a record | bound, MB |\n|---|---|---|---|---|---|\n");
        foreach (JsonNode? row in result["indexes"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row!["field"]} | {row["type"]} | {row["values"]?.ToString() ?? "-"} | {row["mb"]} | {row["bytes_per_record"]} | {row["bound_mb"]} |\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nTogether {result["memory_mb"]} MB of at most {result["bound_mb"]} MB.\n").ToString();
    }

    private static string Describe(string way, JsonObject each, JsonObject parameters, JsonNode point) => way switch
    {
        "filtered" => $"**filtered search** ({string.Join(", ", each["plans"]!.AsObject().Select(plan => $"{plan.Value} {plan.Key}"))})",
        "unfiltered" => $"search without the filter, ef {each["unfiltered_ef"]}",
        "exact" => "exact scan of the matches",
        "hnswlib grown" => $"hnswlib, k' doubled until 10 match (mean {point["mean_fetched"]})",
        _ => $"hnswlib, k' {parameters["overfetch"]}",
    };
}
