namespace Hypervex.Cli.DataFiles;

/// <summary>What a file does not say about itself. <c>new FormatOptions()</c> suits files that do.</summary>
internal sealed record FormatOptions
{
    /// <summary>The format; null = by the end of the file's name, <c>.gz</c> aside.</summary>
    public VectorFileFormat? Format { get; init; }

    /// <summary>Components per row. Raw formats need it; for others it is checked.</summary>
    public int? Dimension { get; init; }

    /// <summary>A tab-separated file (also <c>.gz</c>) with a header row, whose n-th row belongs to the n-th vector; null = none.</summary>
    public string? Sidecar { get; init; }

    /// <summary>
    /// New names for columns of a CSV file or sidecar, by their names in the file. The names <c>vector_id</c>, <c>id</c>,
    /// <c>document</c>, <c>vector</c> and <c>metadata</c> have a meaning; every other column becomes a member of the metadata.
    /// </summary>
    public IReadOnlyDictionary<string, string> ColumnNames { get; init; } = new Dictionary<string, string>();

    /// <summary>Columns (by their new names) whose cells stay text even where they look like numbers.</summary>
    public IReadOnlySet<string> TextColumns { get; init; } = new HashSet<string>();
}
