using System.Globalization;
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
                ["index"] = Choice.Word(settings.Index.Type),
                ["m"] = settings.Index.M,
                ["ef_construction"] = settings.Index.EfConstruction,
                ["quantization"] = Choice.Word(new VectorFieldOptions().Quantization),
                ["durability"] = Choice.Word(settings.Durability),
                ["seconds"] = settings.Duration.TotalSeconds,
                ["warm_up_seconds"] = settings.WarmUp.TotalSeconds,
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

    /// <summary>The tables: a line for each figure, a column for each row, since there are more figures than rows.</summary>
    public void WriteText(Answer answer)
    {
        Answer.Line($"{Printable.Count(settings.Records)} records x {settings.Dimension}, {Choice.Word(settings.Index.Type)}, m {settings.Index.M}, ef_construction {settings.Index.EfConstruction}, "
            + $"durability of the inserts {Choice.Word(settings.Durability)}, on {FileSystem()}");
        foreach ((string name, JsonArray rows) in _tables)
        {
            string[] figures = [.. rows.SelectMany(row => row!.AsObject().Select(figure => figure.Key)).Distinct()];
            Table table = new() { Border = TableBorder.Rounded };
            table.AddColumn(new TableColumn(name.Replace('_', ' ')).NoWrap());
            foreach (JsonNode? row in rows)
            {
                table.AddColumn(new TableColumn(Cell(row![figures[0]])).RightAligned());
            }

            foreach (string figure in figures)
            {
                table.AddRow([new Text(figure.Replace('_', ' ')), .. rows.Select(row => new Text(Cell(row![figure])))]);
            }

            answer.Text.Write(table);
        }
    }

    private static string Cell(JsonNode? value) => value switch
    {
        null => "-",
        JsonValue number when number.TryGetValue(out double figure) => Math.Abs(figure) >= 100 ? Printable.Count(figure) : figure.ToString(CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private string FileSystem()
    {
        string directory = Path.GetFullPath(settings.Directory ?? Path.GetTempPath());
        return DriveInfo.GetDrives()
            .Where(drive => directory.StartsWith(drive.Name, StringComparison.Ordinal))
            .OrderByDescending(drive => drive.Name.Length)
            .FirstOrDefault()?.DriveFormat ?? "unknown";
    }
}
