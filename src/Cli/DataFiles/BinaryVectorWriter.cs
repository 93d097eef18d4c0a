using System.Runtime.InteropServices;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Writes float32 rows as <c>.npy</c> (version 1), <c>.fvecs</c> or <c>.f32</c>, little-endian. Memory: one row.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class BinaryVectorWriter : IVectorWriter
{
    private readonly PartialFile _file;
    private readonly VectorFileFormat _format;
    private readonly RowChecks _checks;
    private readonly int? _expectedDimension;

    public BinaryVectorWriter(string path, VectorFileFormat format, FormatOptions options)
    {
        _format = format;
        _checks = new RowChecks(path, options.Dimension);
        _expectedDimension = options.Dimension;
        _file = new PartialFile(path);
        if (format == VectorFileFormat.Npy)
        {
            _file.Write(new byte[NpyHeader.WrittenBytes]);
        }
    }

    public long Count { get; private set; }

    public void Write(in VectorRow row)
    {
        if (row.Vectors is not null)
        {
            throw new DataFileException(_file.Path, Count, "one vector per row", "named vectors, which only .ndjson holds");
        }

        float[] vector = row.Vector ?? [];
        _checks.CheckDimension(Count, vector.Length);
        _checks.CheckFinite(Count, vector);
        if (_format == VectorFileFormat.Fvecs)
        {
            int dimension = vector.Length;
            _file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in dimension)));
        }

        _file.Write(MemoryMarshal.AsBytes<float>(vector));
        Count++;
    }

    public void Complete()
    {
        if (_format == VectorFileFormat.Npy)
        {
            _file.WriteHeader(NpyHeader.ToBytes(Count, _checks.Dimension ?? _expectedDimension ?? 0));
        }

        _file.Complete();
    }

    public void Dispose() => _file.Dispose();
}
