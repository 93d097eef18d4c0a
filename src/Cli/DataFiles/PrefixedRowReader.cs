using System.Buffers.Binary;
using System.Globalization;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Reads the formats of the TEXMEX sets: <c>.fvecs</c>, <c>.bvecs</c>, <c>.ivecs</c>. A row is an int32 dimension and that many
/// float32, bytes or int32, little-endian. Memory: one row.
/// Thread safety: one thread at a time.
/// </summary>
internal sealed class PrefixedRowReader : IVectorReader
{
    private const int PrefixBytes = 4;

    // An int32 beyond this is rounded by float32.
    private const int LargestExactInteger = 1 << 24;
    private readonly FileBytes _file;
    private readonly RowChecks _checks;
    private readonly ElementType _type;
    private byte[] _bytes = [];
    private int? _peeked;
    private long _next;

    /// <summary>Takes the file over, which stands on its beginning.</summary>
    public PrefixedRowReader(FileBytes file, FormatOptions options, ElementType type)
    {
        _file = file;
        _type = type;
        _checks = new RowChecks(file.Path, options.Dimension);
        if (TryReadPrefix(out int dimension))
        {
            _peeked = dimension;
            _checks.CheckDimension(0, dimension);
            long rowBytes = PrefixBytes + ((long)dimension * type.Bytes());
            Count = (file.KnownLength + rowBytes - 1) / rowBytes;
        }
        else
        {
            Count = 0;
        }
    }

    public string Path => _file.Path;

    public long? Count { get; }

    public int? Dimension => _checks.Dimension;

    public bool TryRead(ref VectorRow row)
    {
        int dimension;
        if (_peeked is not null)
        {
            dimension = _peeked.Value;
            _peeked = null;
        }
        else if (!TryReadPrefix(out dimension))
        {
            return false;
        }

        _checks.CheckDimension(_next, dimension);
        int rowBytes = dimension * _type.Bytes();
        Array.Resize(ref _bytes, rowBytes);
        _checks.CheckWhole(_next, _file.ReadFully(_bytes), rowBytes);
        float[] vector = row.Vector?.Length == dimension ? row.Vector : new float[dimension];
        _type.Convert(_bytes, vector);
        Check(vector);
        row = new VectorRow { Number = _next, Vector = vector };
        _next++;
        return true;
    }

    public void Dispose() => _file.Dispose();

    private void Check(float[] vector)
    {
        if (_type == ElementType.Float32)
        {
            _checks.CheckFinite(_next, vector);
            return;
        }

        int at = _type == ElementType.Int32 ? Array.FindIndex(vector, value => Math.Abs(value) > LargestExactInteger) : -1;
        if (at >= 0)
        {
            int actual = BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(at * PrefixBytes));
            throw new DataFileException(
                Path,
                _next,
                string.Create(CultureInfo.InvariantCulture, $"integers of at most {LargestExactInteger}, which float32 holds exactly"),
                string.Create(CultureInfo.InvariantCulture, $"component {at} is {actual}"));
        }
    }

    private bool TryReadPrefix(out int dimension)
    {
        Span<byte> prefix = stackalloc byte[PrefixBytes];
        int read = _file.ReadFully(prefix);
        dimension = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (read != 0)
        {
            _checks.CheckWhole(_next, read, PrefixBytes);
        }

        return read != 0;
    }
}
