using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>What a column of a CSV file holds.</summary>
internal enum CsvColumn
{
    Member = 0,
    Id,
    Vector,
    Component,
    Document,
    Metadata,
    CreatedAt,
    ExpiresAt,
}

/// <summary>
/// The header of a CSV file: an id (<c>vector_id</c> or <c>id</c>), the vector (<c>vector</c>, a JSON array, or the
/// components <c>v0</c>, <c>v1</c>, ... in any place), <c>document</c>, <c>metadata</c> (a JSON object), <c>created_at</c>,
/// <c>expires_at</c>; each other column is a member of the metadata.
/// Thread safety: immutable.
/// </summary>
internal sealed class CsvColumns
{
    private CsvColumns(List<(string Name, CsvColumn Kind, int Component)> columns) => Columns = columns;

    /// <summary>Each column in the file's order; the component number matters for components only.</summary>
    public IReadOnlyList<(string Name, CsvColumn Kind, int Component)> Columns { get; }

    /// <summary>Number of component columns; 0 when the vector is a JSON array.</summary>
    public int Components => Columns.Count(column => column.Kind == CsvColumn.Component);

    /// <summary>Reads the header row that the cells stand on.</summary>
    public static CsvColumns Read(string path, CsvCells cells, FormatOptions options)
    {
        var names = new List<string>();
        for (int i = 0; i < cells.Count; i++)
        {
            string name = cells[i].ToString();
            names.Add(options.ColumnNames.GetValueOrDefault(name, name));
        }

        string? twice = names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
        if (twice is not null)
        {
            throw new DataFileException(path, null, "a header that names each column once", $"\"{twice}\" twice");
        }

        // A lone column "v1" or "v2" is somebody's metadata; components begin with v0.
        bool hasComponents = names.Contains("v0");
        var columns = names.ConvertAll(name => hasComponents && TryParseComponent(name, out int component)
            ? (name, CsvColumn.Component, component)
            : (name, KindOf(name), 0));
        Check(path, columns);
        return new CsvColumns(columns);
    }

    private static void Check(string path, List<(string Name, CsvColumn Kind, int Component)> columns)
    {
        int arrays = columns.Count(column => column.Kind == CsvColumn.Vector);
        int components = columns.Count(column => column.Kind == CsvColumn.Component);
        if (arrays + Math.Min(components, 1) != 1)
        {
            throw new DataFileException(
                path, null, "a header with the column \"vector\" or the columns \"v0\", \"v1\", ...", arrays == 0 ? "neither" : "both");
        }

        if (columns.Count(column => column.Kind == CsvColumn.Id) > 1)
        {
            throw new DataFileException(path, null, "a header with one of \"vector_id\" and \"id\"", "both");
        }

        for (int i = 0; i < components; i++)
        {
            if (!columns.Exists(column => column.Kind == CsvColumn.Component && column.Component == i))
            {
                throw new DataFileException(
                    path,
                    null,
                    string.Create(CultureInfo.InvariantCulture, $"the columns \"v0\" to \"v{components - 1}\" without a gap"),
                    string.Create(CultureInfo.InvariantCulture, $"no \"v{i}\""));
            }
        }
    }

    private static CsvColumn KindOf(string name) => name switch
    {
        "vector_id" or "id" => CsvColumn.Id,
        "vector" => CsvColumn.Vector,
        "document" => CsvColumn.Document,
        "metadata" => CsvColumn.Metadata,
        "created_at" => CsvColumn.CreatedAt,
        "expires_at" => CsvColumn.ExpiresAt,
        _ => CsvColumn.Member,
    };

    private static bool TryParseComponent(string name, out int component)
    {
        component = 0;
        return name.Length is >= 2 and <= 7
            && name[0] == 'v'
            && (name[1] != '0' || name.Length == 2)
            && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out component);
    }
}
