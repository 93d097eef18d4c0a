using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Spectre.Console;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>The figures of one <c>bench server</c>, as a table and as JSON.</summary>
internal sealed class ServerReport(ServerBenchmarkSettings settings, IReadOnlyList<LoadPoint> points)
{
    /// <summary>The JSON form.</summary>
    public JsonObject ToJson() => new()
    {
        ["dataset"] = new JsonObject { ["n"] = settings.Rows, ["d"] = settings.Dimension, ["queries"] = settings.Queries, ["metric"] = Choice.Word(settings.Metric) },
        ["parameters"] = new JsonObject
        {
            ["target"] = settings.Target.GetLeftPart(UriPartial.Authority),
            ["transport"] = Choice.Word(settings.Transport),
            ["k"] = settings.K,
            ["ef"] = settings.Ef,
            ["m"] = settings.M,
            ["ef_construction"] = settings.EfConstruction,
            ["quantization"] = Choice.Word(settings.Quantization),
            ["batch"] = settings.Batch,
            ["seconds"] = settings.Duration.TotalSeconds,
        },
        ["results"] = new JsonArray([.. points.Select(point => point.ToJson())]),
        ["machine"] = MachineDescription.ToJson(),
    };

    /// <summary>The table.</summary>
    public void WriteText(Answer answer)
    {
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string column in (string[])["operation", "conn.", $"recall@{settings.K}", "due/s", "P50 µs", "P95 µs", "P99 µs"])
        {
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        }

        foreach (LoadPoint point in points)
        {
            table.AddRow(
                Choice.Word(point.Operation),
                point.Connections.ToString(CultureInfo.InvariantCulture),
                point.Recall is { } recall ? recall.ToString("0.00000", CultureInfo.InvariantCulture) : "",
                Printable.Count(point.OfferedPerSecond),
                Microseconds(point, 0.5),
                Microseconds(point, 0.95),
                Microseconds(point, 0.99));
        }

        answer.Text.Write(table);
        foreach (LoadPoint point in points.Where(point => point.Refused + point.Failed > 0))
        {
            answer.Note($"{Choice.Word(point.Operation)} over {point.Connections} connections: {Printable.Count(point.Refused)} refused, {Printable.Count(point.Failed)} failed. {point.Failure}");
        }
    }

    private static string Microseconds(LoadPoint point, double share) =>
        point.Latencies.Count == 0 ? "" : point.Latencies.PercentileMicroseconds(share).ToString("0.0", CultureInfo.InvariantCulture);
}
