using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.Output;
using Spectre.Console;

namespace Hypervex.Cli.Demonstration;

/// <summary>The demo's figures as readable text.</summary>
internal sealed class DemoReport(DemoFigures figures)
{
    /// <summary>Commands that work after the demo has ended, in the order in which they are worth trying.</summary>
    public static IReadOnlyList<string> NextCommands(string dataPath)
    {
        string hypervex = Environment.GetEnvironmentVariable("HYPERVEX_COMMAND") is { Length: > 0 } script ? Quote(script) : "hypervex";
        string data = Quote(dataPath);
        return
        [
            $"{hypervex} search --id 1740 --filter '{{\"part_of_speech\": \"verb\"}}' --data {data}",
            $"{hypervex} serve --data {data}",
            "curl -s http://127.0.0.1:8080/api/v1/vectors/search -H 'Content-Type: application/json' "
                + "-d '{\"vector_id\": \"1740\", \"top_k\": 3, \"include\": [\"metadata\", \"document\"]}'",
        ];
    }

    /// <summary>Writes everything.</summary>
    public void WriteText(Answer answer)
    {
        WriteImport(answer);
        foreach (DemoSearch search in figures.Searches)
        {
            WriteSearch(answer, search);
        }

        WriteQuality(answer);
        WriteFiles(answer);
        Answer.Line("Try next");
        foreach (string command in NextCommands(figures.DataPath))
        {
            Answer.Line($"  {command}");
        }
    }

    private void WriteImport(Answer answer)
    {
        DemoImport import = figures.Import;
        Answer.Line($"Imported {Printable.Count(import.Records)} WordNet entries: {figures.Collection.Dimension}-d vectors of their definitions, "
            + $"{Input.Choice.Word(figures.Collection.Metric!.Value)}, into {figures.DataPath}");
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("import");
        table.AddColumn(new TableColumn("seconds").RightAligned());
        table.AddColumn(new TableColumn("records/s").RightAligned());
        table.AddColumn("means");
        Row("acknowledged", import.Acknowledged, "written with durability os: survives a process kill");
        Row("durable", import.Durable, "and synced to disk: survives a power loss");
        Row("searchable", import.Searchable, "and linked into the graph (until then a scan finds it)");
        answer.Text.Write(table);

        void Row(string name, TimeSpan time, string meaning) => table.AddRow(
            name,
            time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture),
            Printable.Count(import.Records / time.TotalSeconds),
            meaning);
    }

    private static void WriteSearch(Answer answer, DemoSearch search)
    {
        Answer.Line();
        Answer.Line($"Nearest to \"{search.Sentence}\"{(search.Filter is { } filter ? $", only {filter.ToJson()}" : "")}");
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn(new TableColumn("distance").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("id").RightAligned().NoWrap());
        table.AddColumn("word").AddColumn("part of speech").AddColumn("category").AddColumn("definition");
        foreach (SearchHit hit in search.Hits)
        {
            MetadataObject metadata = hit.Record!.Metadata!;
            table.AddRow(
                new Text(Printable.Number(hit.Distance)),
                new Text(hit.Id),
                new Text(metadata["word"].AsString()),
                new Text(metadata["part_of_speech"].AsString()),
                new Text(metadata["category"].AsString()),
                new Text(hit.Record.Document ?? ""));
        }

        answer.Text.Write(table);
    }

    private void WriteQuality(Answer answer)
    {
        DemoQuality quality = figures.Quality;
        Answer.Line();
        Answer.Line($"Recall@{DemoRun.K} over {quality.Queries} queries against exact search, and latency in this process with one thread");
        Table table = new() { Border = TableBorder.Rounded };
        foreach (string column in (string[])["ef", $"recall@{DemoRun.K}", "queries/s", "P50 µs", "P99 µs"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (AnnPoint point in quality.Curve)
        {
            table.AddRow(
                point.Ef.ToString(CultureInfo.InvariantCulture) + (point.Ef == quality.Ef ? " (used above)" : ""),
                point.Recall.ToString("0.0000", CultureInfo.InvariantCulture),
                Printable.Count(point.QueriesPerSecond),
                point.P50Microseconds.ToString("0", CultureInfo.InvariantCulture),
                point.P99Microseconds.ToString("0", CultureInfo.InvariantCulture));
        }

        answer.Text.Write(table);
        Answer.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"Against the bundled ground truth: recall {quality.BundledRecall:0.0000} at ef {quality.Ef}, {quality.ExactAgainstBundled:0.0000} for exact search."));
    }

    private void WriteFiles(Answer answer)
    {
        Answer.Line();
        Answer.Line($"Files in {figures.DataPath}");
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("file").AddColumn(new TableColumn("size").RightAligned());
        foreach (DemoFile file in figures.Files)
        {
            table.AddRow(new Text(file.Path), new Text(Printable.Size(file.Bytes)));
        }

        answer.Text.Write(table);
        Answer.Line();
    }

    // Single quotes keep every character in POSIX shells; plain words stay as they are, to be read easily.
    private static string Quote(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
