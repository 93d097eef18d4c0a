using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypervex.Bench.Storage;

/// <summary>The repetitions of one combination of writers and batch size.</summary>
internal sealed class Comparison(int writers, int batch)
{
    private readonly List<(JsonObject Row, double Hypervex, double Flat, double Sqlite, double? Floor)> _repetitions = [];
    private readonly List<Inserted> _sqlite = [];

    /// <summary>The last repetition as text.</summary>
    public string Last
    {
        get
        {
            (_, double hypervex, double log, double sqlite, double? floor) = _repetitions[^1];
            return string.Create(CultureInfo.InvariantCulture, $"hypervex {hypervex:0}/s, flat {log:0}/s, sqlite {sqlite:0}/s, floor {floor:0}/s");
        }
    }

    /// <summary>Adds a repetition.</summary>
    public void Add(JsonObject full, JsonObject flat, Inserted sqlite)
    {
        JsonObject row = full["inserts"]![0]!.AsObject();
        _sqlite.Add(sqlite);
        _repetitions.Add((
            row,
            (double)row["records_per_second"]!,
            (double)flat["inserts"]![0]!["records_per_second"]!,
            sqlite.RecordsPerSecond,
            full["write_and_fdatasync"] is JsonArray floor ? (double)floor[0]!["records_per_second"]! : null));
    }

    /// <summary>The JSON form.</summary>
    public JsonObject ToJson() => new()
    {
        ["writers"] = writers,
        ["batch"] = batch,
        ["hypervex"] = Summary(_repetitions.Select(each => each.Hypervex)),
        ["hypervex_flat"] = Summary(_repetitions.Select(each => each.Flat)),
        ["sqlite"] = Summary(_repetitions.Select(each => each.Sqlite)),
        ["write_and_fdatasync"] = Summary(_repetitions.Select(each => each.Floor).OfType<double>()),
        ["ratio"] = Summary(_repetitions.Select(each => each.Hypervex / each.Sqlite)),
        ["ratio_flat"] = Summary(_repetitions.Select(each => each.Flat / each.Sqlite)),
        ["hypervex_rows"] = new JsonArray([.. _repetitions.Select(each => each.Row.DeepClone())]),
        ["sqlite_p50_us"] = Summary(_sqlite.Select(each => each.P50)),
        ["sqlite_p99_us"] = Summary(_sqlite.Select(each => each.P99)),
    };

    /// <summary>A row of the table.</summary>
    public string ToMarkdown() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {writers} | {batch} | {Text(each => each.Hypervex, "N0")} | {Text(each => each.Flat, "N0")} | {Text(each => each.Sqlite, "N0")} | {Text(each => each.Floor ?? 0, "N0")} | {Text(each => each.Hypervex / each.Sqlite, "0.00")} | {Text(each => each.Flat / each.Sqlite, "0.00")} |");

    private string Text(Func<(JsonObject Row, double Hypervex, double Flat, double Sqlite, double? Floor), double> figure, string format)
    {
        double[] sorted = [.. _repetitions.Select(figure).Order()];
        return $"{sorted[sorted.Length / 2].ToString(format, CultureInfo.InvariantCulture)} ({sorted[^1].ToString(format, CultureInfo.InvariantCulture)})";
    }

    private static JsonObject? Summary(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? null : new JsonObject { ["median"] = Math.Round(sorted[sorted.Length / 2], 3), ["best"] = Math.Round(sorted[^1], 3), ["worst"] = Math.Round(sorted[0], 3) };
    }
}
