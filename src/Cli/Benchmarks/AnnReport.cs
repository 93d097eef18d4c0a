using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Spectre.Console;

namespace Hypervex.Cli.Benchmarks;

/// <summary>The figures of one <c>bench ann</c>, as a table and as JSON.</summary>
internal sealed class AnnReport(AnnSettings settings, int rows, int dimension, int queries, bool truthIsGiven)
{
    /// <summary>The build.</summary>
    public AnnBuild? Build { get; set; }

    /// <summary>The curve.</summary>
    public IReadOnlyList<AnnPoint> Points { get; set; } = [];

    /// <summary>The JSON form: durations in the unit that their names end in, memory in 10^6 bytes.</summary>
    public JsonObject ToJson() => new()
    {
        ["dataset"] = new JsonObject { ["n"] = rows, ["d"] = dimension, ["queries"] = queries, ["metric"] = Choice.Word(settings.Metric) },
        ["parameters"] = new JsonObject
        {
            ["k"] = settings.K,
            ["m"] = settings.Index.M,
            ["ef_construction"] = settings.Index.EfConstruction,
            ["quantization"] = Choice.Word(settings.Quantization),
            ["search_threads"] = settings.SearchThreads,
            ["seconds_per_point"] = settings.PointDuration.TotalSeconds,
            ["truth"] = truthIsGiven ? "file" : "exact search of this run",
        },
        ["build"] = Build is null ? null : new JsonObject
        {
            ["seconds"] = Round(Build.Seconds, 3),
            ["threads"] = settings.BuildThreads,
            ["rss_mb"] = Build.Memory.TotalMb is { } total ? Round(total, 1) : null,
            ["anon_rss_mb"] = Build.Memory.AnonymousMb is { } anonymous ? Round(anonymous, 1) : null,
            ["acknowledged_seconds"] = Round(Build.AcknowledgedSeconds, 3),
            ["processor_seconds"] = Round(Build.ProcessorSeconds, 3),
            ["durability"] = Choice.Word(Durability.OperatingSystem),
        },
        ["results"] = new JsonArray([.. Points.Select(ToJson)]),
        ["machine"] = MachineDescription.ToJson(),
    };

    /// <summary>The table.</summary>
    public void WriteText(Answer answer)
    {
        Answer.Line($"{Printable.Count(rows)} rows x {dimension}, {Choice.Word(settings.Metric)}, k {settings.K}, m {settings.Index.M}, "
            + $"ef_construction {settings.Index.EfConstruction}, quantization {Choice.Word(settings.Quantization)}, "
            + $"{Printable.Count(queries)} queries, {settings.SearchThreads} search thread{(settings.SearchThreads == 1 ? "" : "s")}");
        if (Build is { } build)
        {
            Answer.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"built and linked in {build.Seconds:0.00} s with {settings.BuildThreads} linking threads (durability os), acknowledged after {build.AcknowledgedSeconds:0.00} s; RSS {build.Memory.TotalMb:0} MB, anonymous {build.Memory.AnonymousMb:0} MB"));
        }

        Table table = new() { Border = TableBorder.Rounded };
        foreach (string column in (string[])["ef", $"recall@{settings.K}", "queries/s", "P50 µs", "P95 µs", "P99 µs"])
        {
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        }

        foreach (AnnPoint point in Points)
        {
            table.AddRow(
                point.Ef.ToString(CultureInfo.InvariantCulture),
                point.Recall.ToString("0.00000", CultureInfo.InvariantCulture),
                Printable.Count(point.QueriesPerSecond),
                point.P50Microseconds.ToString("0.0", CultureInfo.InvariantCulture),
                point.P95Microseconds.ToString("0.0", CultureInfo.InvariantCulture),
                point.P99Microseconds.ToString("0.0", CultureInfo.InvariantCulture));
        }

        answer.Text.Write(table);
    }

    /// <summary>The JSON form of one point.</summary>
    public static JsonObject ToJson(AnnPoint point) => new()
    {
        ["ef"] = point.Ef,
        ["recall"] = Round(point.Recall, 6),
        ["qps"] = Round(point.QueriesPerSecond, 1),
        ["p50_us"] = Round(point.P50Microseconds, 2),
        ["p95_us"] = Round(point.P95Microseconds, 2),
        ["p99_us"] = Round(point.P99Microseconds, 2),
        ["searches"] = point.Searches,
    };

    private static double Round(double value, int digits) => Math.Round(value, digits);
}
