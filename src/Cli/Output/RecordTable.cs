using Spectre.Console;

namespace Hypervex.Cli.Output;

/// <summary>Records as a table.</summary>
internal static class RecordTable
{
    /// <summary>Writes the table.</summary>
    public static void Write(Answer answer, IReadOnlyList<VectorRecord> records)
    {
        if (records.Count == 0)
        {
            Answer.Line("No record matches.");
            return;
        }

        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumn("id");
        table.AddColumn("metadata");
        table.AddColumn("document");
        foreach (VectorRecord record in records)
        {
            table.AddRow(
                new Text(Printable.Clean(record.Id)),
                new Text(Printable.Clean(record.Metadata is { Count: > 0 } metadata ? metadata.ToJson() : "")),
                new Text(HitTable.Shorten(Printable.Clean(record.Document ?? ""))));
        }

        answer.Text.Write(table);
    }
}
