using Spectre.Console;

namespace Hypervex.Cli.Output;

/// <summary>Search results as a table.</summary>
internal static class HitTable
{
    private const int LongestDocument = 300;

    /// <summary>Writes the table.</summary>
    public static void Write(Answer answer, IReadOnlyList<SearchHit> hits)
    {
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn(new TableColumn("distance").RightAligned().NoWrap());
        table.AddColumn("id");
        table.AddColumn("metadata");
        table.AddColumn("document");
        foreach (SearchHit hit in hits)
        {
            table.AddRow(
                new Text(Printable.Number(hit.Distance)),
                new Text(Printable.Clean(hit.Id)),
                new Text(Printable.Clean(hit.Record?.Metadata is { Count: > 0 } metadata ? metadata.ToJson() : "")),
                new Text(Shorten(Printable.Clean(hit.Record?.Document ?? ""))));
        }

        if (hits.Count == 0)
        {
            Answer.Line("No record matches.");
        }
        else
        {
            answer.Text.Write(table);
        }
    }

    /// <summary>What a table shows of a document.</summary>
    public static string Shorten(string text) => text.Length <= LongestDocument ? text : text[..LongestDocument] + "…";
}
