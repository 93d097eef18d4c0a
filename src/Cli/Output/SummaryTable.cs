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
        Row(table, "durability", summary.Durability is { } durability ? Choice.Word(durability) : null);
        Row(table, "dimension", summary.Dimension?.ToString(CultureInfo.InvariantCulture) ?? "decided by the first vector");
        Row(table, "metric", summary.Metric is { } metric ? Choice.Word(metric) : null);
        Row(table, "curvature", summary.Curvature is { } c ? string.Create(CultureInfo.InvariantCulture, $"{-c}") : null);
        Row(table, "points outside", summary.Project is { } project ? project ? "are projected into the domain" : "are refused" : null);
        Row(table, "index", summary.Index is { } index
            ? index.Type == IndexType.Flat ? "flat" : string.Create(CultureInfo.InvariantCulture, $"hnsw, m {index.M}, ef_construction {index.EfConstruction}, ef {index.Ef}")
            : null);
        Row(table, "codes", summary.Codes is { } codes ? Coded(codes) : null);
        Row(table, "linked vectors", summary.Linked is { } linked ? Printable.Count(linked) : null);
        Row(table, "pending vectors", summary.Pending is { } pending ? Printable.Count(pending) : null);
        Row(table, "rows", summary.RowBytes is { } rows ? Printable.Size(rows) : null);
        Row(table, "rows are read from", summary.RowAccess is { } access ? RowPlace(access) : null);
        Row(table, "memory", Size(summary.MemoryBytes));
        Row(table, "  graphs", Size(summary.IndexBytes - summary.CodeBytes));
        Row(table, "  codes", Size(summary.CodeBytes));
        Row(table, "  record table", Size(summary.RecordTableBytes));
        Row(table, "  rows", Size(summary.RowMemoryBytes));
        Row(table, "reserved by writes", Size(summary.PendingBytes));
        Row(table, "memory per vector", Size((long?)summary.BytesPerVector));
        Row(table, "log on disk", Size(summary.LogBytes));
        Row(table, "garbage in the log", summary.GarbageRatio is { } garbage ? string.Create(CultureInfo.InvariantCulture, $"{garbage * 100:0.#} %") : null);
        Row(table, "row files", Size(summary.ChunkBytes));
        Row(table, "last scrub", summary.Scrub is { } scrub ? Scrubbed(scrub) : null);
        Row(table, "open files", summary.OpenFiles?.ToString(CultureInfo.InvariantCulture));
        Row(table, "directory", summary.StoragePath);
        answer.Text.Write(table);
    }

    private static string? Size(long? bytes) => bytes is { } known ? Printable.Size(known) : null;

    private static string Coded(CodeStats codes) => codes.State switch
    {
        CodeState.Ready => Choice.Word(codes.Kind),
        CodeState.Waiting => $"{Choice.Word(codes.Kind)}, until others are trained",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Choice.Word(codes.Kind)}, others are being trained ({codes.Progress * 100:0} %)"),
    };

    private static string Scrubbed(ScrubStats scrub)
    {
        string when = scrub.LastFinished is { } finished ? finished.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) : "none yet";
        return scrub.Problems == 0
            ? when
            : string.Create(CultureInfo.InvariantCulture, $"{when}; {scrub.Problems} problems, {scrub.Repaired} put right (see --json)");
    }

    private static string RowPlace(RowAccess access) => access switch
    {
        RowAccess.Map => "maps of their files",
        RowAccess.Read => "their files",
        _ => "memory",
    };

    private static void Row(Table table, string what, string? value)
    {
        if (value is not null)
        {
            table.AddRow(new Text(what), new Text(value));
        }
    }
}
