using System.Globalization;
using Hypervex.Cli.Input;
using Hypervex.Cli.Targets;
using Spectre.Console;

namespace Hypervex.Cli.Output;

/// <summary>A collection's settings and sizes as a table of two columns.</summary>
internal static class SummaryTable
{
    /// <summary>Writes the table; rows whose value is unknown are left out.</summary>
    public static void Write(Answer answer, CollectionSummary summary)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.HideHeaders().AddColumn("what").AddColumn(new TableColumn("value").NoWrap());
        Row(table, "collection", Printable.Clean(summary.Name));
        Row(table, "records", Printable.Count(summary.Count));
        Row(table, "capacity", summary.Capacity is { } capacity ? Printable.Count(capacity) : "unlimited");
        Row(table, "dimension", summary.Dimension?.ToString(CultureInfo.InvariantCulture) ?? "decided by the first vector");
        Row(table, "metric", summary.Metric is { } metric ? Choice.Word(metric) : null);
        Row(table, "index", summary.Index is { } index
            ? index.Type == IndexType.Flat ? "flat" : string.Create(CultureInfo.InvariantCulture, $"hnsw, m {index.M}, ef_construction {index.EfConstruction}, ef {index.Ef}")
            : null);
        Row(table, "linked vectors", summary.Linked is { } linked ? Printable.Count(linked) : null);
        Row(table, "pending vectors", summary.Pending is { } pending ? Printable.Count(pending) : null);
        Row(table, "rows", summary.RowBytes is { } rows ? Printable.Size(rows) : null);
        Row(table, "index in memory", summary.IndexBytes is { } bytes ? Printable.Size(bytes) : null);
        Row(table, "log on disk", summary.LogBytes is { } log ? Printable.Size(log) : null);
        Row(table, "directory", summary.StoragePath);
        answer.Text.Write(table);
    }

    private static void Row(Table table, string what, string? value)
    {
        if (value is not null)
        {
            table.AddRow(new Text(what), new Text(value));
        }
    }
}
