using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Hypervex.Bench.Run;

/// <summary>Results as Markdown.</summary>
internal static class ResultTables
{
    /// <summary>The tables of one set.</summary>
    public static string Of(JsonObject result) => (string)result["workload"]! switch
    {
        "W1" => Churn(result),
        "accuracy" => Accuracy(result),
        "S1" => ServerTables.Operations(result, Machine(result)),
        "S2" => ServerTables.Searches(result, Machine(result)),
        "F1" => FilteredTables.Searches(result, Machine(result)),
        "fields" => FilteredTables.Questions(result, Machine(result)),
        _ => Ann(result),
    };

    private static string Ann(JsonObject result)
    {
        StringBuilder text = new();
        JsonObject data = result["dataset"]!.AsObject(), parameters = result["parameters"]!.AsObject();
        text.Append(CultureInfo.InvariantCulture, $"{result["set"]}: {data["n"]:N0} x {data["d"]}, {data["metric"]}, {data["queries"]} queries, k {parameters["k"]}, m {parameters["m"]}, ")
            .Append(CultureInfo.InvariantCulture, $"ef_construction {parameters["ef_construction"]}, one search thread, {parameters["build_threads"]} build threads, ")
            .Append(CultureInfo.InvariantCulture, $"{parameters["repetitions"]} repetitions of {parameters["seconds_per_point"]} s, hnswlib {parameters["hnswlib"] ?? "not installed"}. {Machine(result)}\n\n");
        text.Append("| peer | recall | queries/s, median | best | ratio to hnswlib, median | best | bar | build s | RssAnon MB |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (JsonNode? peer in result["peers"]!.AsArray())
        {
            foreach (JsonNode? at in peer!["at_recall"]!.AsArray())
            {
                JsonNode? ratio = result["ratios"]!.AsArray().FirstOrDefault(each =>
                    (string?)each!["peer"] == (string?)peer["name"] && (double?)each["recall"] == (double?)at!["recall"]);
                string least = (string?)at!["reach"] == "AtLeast" ? "≥ " : "";
                text.Append(CultureInfo.InvariantCulture, $"| {peer["name"]} | {at["recall"]} | {least}{Count(at["median"])} | {least}{Count(at["best"])} ")
                    .Append(CultureInfo.InvariantCulture, $"| {Cell(ratio?["median"])} | {Cell(ratio?["best"])} | {Cell(ratio?["bar"])} | {Cell(peer["build"]!["seconds"])} | {Cell(peer["build"]!["anon_rss_mb"])} |\n");
            }
        }

        text.Append("\n| peer | ef | recall@10 | queries/s | P50 us | P95 us | P99 us |\n|---|---|---|---|---|---|---|\n");
        foreach (JsonNode? peer in result["peers"]!.AsArray())
        {
            foreach (JsonNode? point in peer!["points"]!.AsArray())
            {
                text.Append(CultureInfo.InvariantCulture, $"| {peer["name"]} | {point!["ef"]} | {(double)point["recall"]!:0.0000} | {Count(point["qps"])} | {point["p50_us"]} | {point["p95_us"]} | {point["p99_us"]} |\n");
            }
        }

        if (result["extras"] is { } extras && extras["beside_inserts"] is { } beside)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nScaling of {extras["peer"]} at ef {extras["ef"]}: {Count(extras["qps_with_one_thread"])} queries/s with one thread, {Count(extras["qps_with_two_threads"])} with two ({extras["scaling"]} x); ")
                .Append(CultureInfo.InvariantCulture, $"{extras["bytes_per_search"]} bytes allocated per search.\n")
                .Append("\n| one thread searches, one inserts | searches/s alone | beside | share | acknowledged inserts/s alone | beside | share | linked rows/s alone | beside | share |\n|---|---|---|---|---|---|---|---|---|---|\n")
                .Append(Beside(beside["one_links"]!))
                .Append(Beside(beside["all_link"]!));
        }

        if (result["extras"]?["durable"] is { } durable)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nInto empty collections, one writer: {Count(durable["durable_inserts_per_second"])} durable inserts/s in batches of {durable["batch"]} with fsync; ")
                .Append(CultureInfo.InvariantCulture, $"one by one in batch durability P50 {durable["single_in_batch_durability_p50_us"]} us, P99 {durable["single_in_batch_durability_p99_us"]} us. A checkpoint of the whole collection after one change takes {result["extras"]!["checkpoint_seconds"]} s in the background.\n");
        }

        return text.ToString();
    }

    private static string Beside(JsonNode row)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"| {row["linking_threads"]} linking in the background ");
        foreach ((string rate, string share) in new[] { ("searches_per_second", "search_share"), ("acknowledged_per_second", "acknowledged_share"), ("linked_per_second", "linked_share") })
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Count(row[rate + "_alone"])} | {Count(row[rate + "_beside"])} | {row[share]} ");
        }

        return text.Append("|\n").ToString();
    }

    private static string Accuracy(JsonObject result)
    {
        StringBuilder text = new();
        JsonArray bands = result["bands"]!.AsArray();
        string[] modes = [.. bands[0]!["errors"]!.AsObject().Select(pair => pair.Key)];
        text.Append(CultureInfo.InvariantCulture, $"| metric | norm in the ball | pairs | {string.Join(" | ", modes)} |\n|---|---|---|{string.Concat(modes.Select(_ => "---|"))}\n");
        foreach (JsonNode? band in bands)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {band!["metric"]} | {Norm((double)band["from"]!)} to {Norm((double)band["to"]!)} | {band["pairs"]:N0} ")
                .Append(string.Concat(modes.Select(mode => string.Create(CultureInfo.InvariantCulture, $"| {(double)band["errors"]![mode]!:0.0e-0} "))))
                .Append("|\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nRefused for these metrics: codes {string.Join(", ", result["refused"]!.AsArray().Select(codes => $"`{codes}`"))}. {Machine(result)}\n");
        return text.ToString();

        static string Norm(double gap) => gap switch
        {
            1 => "0",
            >= 0.01 => string.Create(CultureInfo.InvariantCulture, $"{1 - gap:0.##}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"1 - {gap:0e-0}"),
        };
    }

    private static string Churn(JsonObject result)
    {
        StringBuilder text = new();
        JsonObject[] curve = [.. result["curve"]!.AsArray().Select(point => point!.AsObject())];
        string[] columns = [.. curve[0].Select(figure => figure.Key)];
        text.Append(CultureInfo.InvariantCulture, $"{result["parameters"]!["live"]:N0} live records x {result["parameters"]!["d"]}, the oldest deleted for every new one; from the first quarter of the points to the last recall falls by {result["fall_of_recall"]} (bar {result["bar"]}), at the worst point by {result["greatest_fall_of_recall"]}. {Machine(result)}\n\n")
            .Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", columns.Select(column => column.Replace('_', ' ')))} |\n|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (JsonObject point in curve)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", columns.Select(column => point[column]))} |\n");
        }

        return text.ToString();
    }

    private static string Machine(JsonObject result)
    {
        JsonNode machine = result["machine"]!;
        string? commit = (string?)machine["commit"];
        return $"{machine["cpu"]}, {machine["cores"]} cores, {machine["runtime"]}, commit {commit?[..Math.Min(8, commit.Length)] ?? "unknown"}.";
    }

    private static string Cell(JsonNode? value) => value?.ToString() ?? "-";

    private static string Count(JsonNode? value) => value is null ? "-" : ((double)value).ToString("N0", CultureInfo.InvariantCulture);
}
