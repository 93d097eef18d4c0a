using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Reads rows of equal length that follow each other without anything between: raw files, and the bodies of .npy and IDX.
/// Memory: one row.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class FixedRowReader : IVectorReader
{
    private readonly FileBytes _file;
    private readonly RowChecks _checks;
    private readonly ElementType _type;
    private readonly byte[] _bytes;
    private readonly long? _announced;
    private long _next;

    /// <summary>Takes the file over, which stands on the first row.</summary>
    /// <param name="file">The file.</param>
    /// <param name="checks">Knows the dimension.</param>
    /// <param name="type">How components are stored.</param>
    /// <param name="announced">Rows that a header promised; null = as many as there are.</param>
    public FixedRowReader(FileBytes file, RowChecks checks, ElementType type, long? announced)
    {
        _file = file;
        _checks = checks;
        _type = type;
        _announced = announced;
        _bytes = new byte[checks.Dimension!.Value * type.Bytes()];
        Count = announced ?? (file.KnownLength + _bytes.Length - 1) / _bytes.Length;
    }

    public string Path => _file.Path;

    public long? Count { get; }

    public int? Dimension => _checks.Dimension;

    /// <summary>Opens a file without any header, whose dimension must be in the options.</summary>
    public static FixedRowReader OpenRaw(FileBytes file, FormatOptions options, ElementType type)
    {
        if (options.Dimension is null)
        {
            throw new DataFileException(file.Path, null, "--dimension, because a raw file does not say it", "none");
        }

        var checks = new RowChecks(file.Path, null);
        checks.CheckHeader(options.Dimension.Value);
        return new FixedRowReader(file, checks, type, announced: null);
    }

    public bool TryRead(ref VectorRow row)
    {
        if (_next == _announced)
        {
            CheckEnd();
            return false;
        }

        int read = _file.ReadFully(_bytes);
        if (read == 0 && _announced is null)
        {
            return false;
        }

        _checks.CheckWhole(_next, read, _bytes.Length);
        int dimension = Dimension!.Value;
        float[] vector = row.Vector?.Length == dimension ? row.Vector : new float[dimension];
        _type.Convert(_bytes, vector);
        _checks.CheckFinite(_next, vector);
        row = new VectorRow { Number = _next, Vector = vector };
        _next++;
        return true;
    }

    public void Dispose() => _file.Dispose();

    private void CheckEnd()
    {
        if (_file.ReadFully(_bytes.AsSpan(0, 1)) != 0)
        {
            throw new DataFileException(
                Path,
                null,
                string.Create(CultureInfo.InvariantCulture, $"the end of the file after the {_announced} rows that its header announces"),
                "more bytes");
        }
    }
}
