namespace Hypervex.Cli.DataFiles;

/// <summary>Opens and creates files of vectors in any of the formats.</summary>
internal static class VectorFile
{
    private static readonly (string End, VectorFileFormat Format)[] NameEnds =
    [
        (".ndjson", VectorFileFormat.Ndjson),
        (".jsonl", VectorFileFormat.Ndjson),
        (".csv", VectorFileFormat.Csv),
        (".npy", VectorFileFormat.Npy),
        (".fvecs", VectorFileFormat.Fvecs),
        (".bvecs", VectorFileFormat.Bvecs),
        (".ivecs", VectorFileFormat.Ivecs),
        (".u8", VectorFileFormat.RawUInt8),
        (".f16", VectorFileFormat.RawFloat16),
        (".f32", VectorFileFormat.RawFloat32),
        (".idx", VectorFileFormat.Idx),
        ("-ubyte", VectorFileFormat.Idx),
    ];

    /// <summary>Opens a file for reading; a name that ends in <c>.gz</c> is unpacked on the way.</summary>
    /// <exception cref="DataFileException">Missing, of no known format, or not what its name says.</exception>
    public static IVectorReader Open(string path, FormatOptions? options = null)
    {
        options ??= new FormatOptions();
        VectorFileFormat format = options.Format ?? FormatOf(path) ?? throw UnknownFormat(path);
        var file = FileBytes.Open(path);
        try
        {
            IVectorReader reader = Open(file, format, options);
            return options.Sidecar is null ? reader : SidecarReader.Join(reader, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Creates a file for writing; a name that ends in <c>.gz</c> is packed on the way.</summary>
    /// <exception cref="DataFileException">Of a format that is only read, or a directory that cannot be written.</exception>
    public static IVectorWriter Create(string path, FormatOptions? options = null)
    {
        options ??= new FormatOptions();
        VectorFileFormat format = options.Format ?? FormatOf(path) ?? throw UnknownFormat(path);
        return format switch
        {
            VectorFileFormat.Ndjson => new NdjsonWriter(path, options),
            VectorFileFormat.Csv => new CsvWriter(path, options),
            VectorFileFormat.Npy when FileBytes.IsCompressed(path) =>
                throw new DataFileException(path, null, "a name without .gz, because the number of rows is written into the beginning of a .npy file last", ".npy.gz"),
            VectorFileFormat.Npy or VectorFileFormat.Fvecs or VectorFileFormat.RawFloat32 => new BinaryVectorWriter(path, format, options),
            _ => throw new DataFileException(path, null, "a format that is written (.ndjson, .csv, .npy, .fvecs, .f32)", $"{format}, which is only read"),
        };
    }

    /// <summary>The format by the end of the name, <c>.gz</c> aside; null when unknown.</summary>
    public static VectorFileFormat? FormatOf(string path)
    {
        ReadOnlySpan<char> name = FileBytes.IsCompressed(path) ? path.AsSpan(0, path.Length - ".gz".Length) : path;
        foreach ((string end, VectorFileFormat format) in NameEnds)
        {
            if (name.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            {
                return format;
            }
        }

        return null;
    }

    private static IVectorReader Open(FileBytes file, VectorFileFormat format, FormatOptions options)
    {
        switch (format)
        {
            case VectorFileFormat.Ndjson:
                return new NdjsonReader(file, options);
            case VectorFileFormat.Csv:
                return new CsvVectorReader(file, options);
            case VectorFileFormat.Fvecs:
                return new PrefixedRowReader(file, options, ElementType.Float32);
            case VectorFileFormat.Bvecs:
                return new PrefixedRowReader(file, options, ElementType.UInt8);
            case VectorFileFormat.Ivecs:
                return new PrefixedRowReader(file, options, ElementType.Int32);
            case VectorFileFormat.RawUInt8:
                return FixedRowReader.OpenRaw(file, options, ElementType.UInt8);
            case VectorFileFormat.RawFloat16:
                return FixedRowReader.OpenRaw(file, options, ElementType.Float16);
            case VectorFileFormat.RawFloat32:
                return FixedRowReader.OpenRaw(file, options, ElementType.Float32);
            case VectorFileFormat.Npy:
                var npy = NpyHeader.Read(file);
                return OpenBody(file, options, npy.Type, npy.Rows, npy.Dimension);
            default:
                var idx = IdxHeader.Read(file);
                return OpenBody(file, options, idx.Type, idx.Rows, idx.Dimension);
        }
    }

    private static FixedRowReader OpenBody(FileBytes file, FormatOptions options, ElementType type, long rows, long dimension)
    {
        var checks = new RowChecks(file.Path, options.Dimension);
        checks.CheckHeader(dimension);
        return new FixedRowReader(file, checks, type, rows);
    }

    private static DataFileException UnknownFormat(string path) => new(
        path,
        null,
        "a name that ends in " + string.Join(", ", NameEnds.Select(known => known.End)) + " (.gz may follow), or --format",
        "another name");
}
