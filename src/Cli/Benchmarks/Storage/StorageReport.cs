using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Spectre.Console;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>The figures of one <c>bench storage</c>: tables of rows, as text and as JSON.</summary>
internal sealed class StorageReport(StorageSettings settings)
{
    private readonly List<(string Name, JsonArray Rows)> _tables = [];

    /// <summary>Adds a row to a table; the first one makes the table.</summary>
    public void Add(string table, JsonObject row)
    {
        int at = _tables.FindIndex(existing => existing.Name == table);
        if (at < 0)
        {
            at = _tables.Count;
            _tables.Add((table, []));
        }

        _tables[at].Rows.Add(row);
    }

    /// <summary>The JSON form: every name ends in its unit, memory is in 10^6 bytes.</summary>
    public JsonObject ToJson()
    {
        JsonObject json = new()
        {
            ["parameters"] = new JsonObject
            {
                ["records"] = settings.Records,
                ["d"] = settings.Dimension,
                ["metric"] = Choice.Word(Metric.L2),
                ["m"] = settings.Index.M,
                ["ef_construction"] = settings.Index.EfConstruction,
                ["quantization"] = Choice.Word(new VectorFieldOptions().Quantization),
                ["durability"] = Choice.Word(settings.Durability),
                ["seconds"] = settings.Duration.TotalSeconds,
                ["file_system"] = FileSystem(),
            },
        };
        foreach ((string name, JsonArray rows) in _tables)
        {
            json[name] = rows.DeepClone();
        }

        json["machine"] = MachineDescription.ToJson();
        return json;
    }

    /// <summary>The tables, each with a column for a figure that any of its rows has.</summary>
    public void WriteText(Answer answer)
    {
        Answer.Line($"{Printable.Count(settings.Records)} records x {settings.Dimension}, m {settings.Index.M}, ef_construction {settings.Index.EfConstruction}, "
            + $"durability of the inserts {Choice.Word(settings.Durability)}, on {FileSystem()}");
        foreach ((string name, JsonArray rows) in _tables)
        {
            string[] columns = [.. rows.SelectMany(row => row!.AsObject().Select(figure => figure.Key)).Distinct()];
            Table table = new() { Border = TableBorder.Rounded, Title = new TableTitle(name.Replace('_', ' ')) };
            foreach (string column in columns)
            {
                table.AddColumn(new TableColumn(column.Replace('_', ' ')).RightAligned());
            }

            foreach (JsonNode? row in rows)
            {
                table.AddRow([.. columns.Select(column => new Text(row![column]?.ToString() ?? "-"))]);
            }

            answer.Text.Write(table);
        }
    }

    private string FileSystem()
    {
        string directory = Path.GetFullPath(settings.Directory ?? Path.GetTempPath());
        return DriveInfo.GetDrives()
            .Where(drive => directory.StartsWith(drive.Name, StringComparison.Ordinal))
            .OrderByDescending(drive => drive.Name.Length)
            .FirstOrDefault()?.DriveFormat ?? "unknown";
    }
}
