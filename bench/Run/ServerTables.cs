using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Hypervex.Bench.Run;

/// <summary>Results of server workloads as Markdown.</summary>
internal static class ServerTables
{
    /// <summary>The tables of S1.</summary>
    public static string Operations(JsonObject result, string machine)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Data(result)}, REST with JSON, one client, durability {result["parameters"]!["durability"]}; medians of {result["parameters"]!["repetitions"]} repetitions. ")
            .Append(CultureInfo.InvariantCulture, $"One write and fdatasync of a record's bytes: P50 {Cell(result["write_and_fdatasync"]?["p50_us"])} us. {machine}\n\n")
            .Append("| operation | recall@10 | P50 us | bar | P99 us | failed |\n|---|---|---|---|---|---|\n");
        foreach (JsonNode? row in result["operations"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row!["operation"]} | {Cell(row["recall"])} | {row["p50_us"]} | {Cell(result["bars_us"]![(string)row["operation"]!])} | {row["p99_us"]} | {row["failed"]} |\n");
        }

        text.Append("\n| empty server, RssAnon MB | filled | mapped rows, MB | difference and rows | bar |\n|---|---|---|---|---|\n");
        foreach (JsonNode? row in result["memory"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Cell(row!["empty_mb"])} | {Cell(row["filled_mb"])} | {row["mapped_rows_mb"]} | {Cell(row["difference_and_rows_mb"])} | {result["memory_bar_mb"]} |\n");
        }

        return text.ToString();
    }

    /// <summary>The tables of S2.</summary>
    public static string Searches(JsonObject result, string machine)
    {
        StringBuilder text = new();
        JsonNode inProcess = result["in_process"]!, ratios = result["ratios"]!;
        text.Append(CultureInfo.InvariantCulture, $"{Data(result)}; open loop at {result["parameters"]!["load"]} of the greatest rate, medians of {result["parameters"]!["repetitions"]} repetitions; the generator shares the processors with the server. ")
            .Append(CultureInfo.InvariantCulture, $"In a process: {inProcess["qps_one_thread"]} queries/s with one thread (P50 {inProcess["p50_us"]} us), {inProcess["qps_all_processors"]} with all processors. {machine}\n\n")
            .Append(CultureInfo.InvariantCulture, $"REST with bytes to gRPC {ratios["octets_to_grpc"]} (bar {ratios["octets_to_grpc_bar"]}); gRPC to REST with JSON {ratios["grpc_to_json"]} (bar {ratios["grpc_to_json_bar"]}).\n\n")
            .Append(CultureInfo.InvariantCulture, $"| transport | overhead at one connection, us (bar {ratios["overhead_bar_us"]}) | greatest rate to in process (bar {ratios["to_in_process_bar"]}) |\n|---|---|---|\n");
        foreach (JsonNode? transport in result["transports"]!.AsArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {transport!["name"]} | {transport["overhead_us"]} | {transport["to_in_process"]} |\n");
        }

        text.Append("\n| transport | connections | recall@10 | greatest/s | offered/s | P50 us | P95 us | P99 us | refused | failed |\n|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (JsonNode? transport in result["transports"]!.AsArray())
        {
            foreach (JsonNode? point in transport!["points"]!.AsArray())
            {
                text.Append(CultureInfo.InvariantCulture, $"| {transport["name"]} | {string.Join(" | ", point!.AsObject().Select(figure => figure.Value))} |\n");
            }
        }

        return text.ToString();
    }

    private static string Data(JsonObject result) =>
        string.Create(CultureInfo.InvariantCulture, $"{result["dataset"]!["n"]} x {result["dataset"]!["d"]}, clustered, {result["dataset"]!["metric"]}, k {result["parameters"]!["k"]}, m {result["parameters"]!["m"]}, ef_construction {result["parameters"]!["ef_construction"]}");

    private static string Cell(JsonNode? value) => value?.ToString() ?? "-";
}
