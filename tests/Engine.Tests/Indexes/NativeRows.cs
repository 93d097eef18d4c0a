using System.Runtime.InteropServices;
using Hypervex.Distances;
using Hypervex.Indexes;

namespace Hypervex.Engine.Tests.Indexes;

/// <summary>Rows in native blocks, as the storage keeps them: with a header before each row and blocks that are made on demand.</summary>
internal sealed unsafe class NativeRows : IDisposable
{
    private const int Shift = 8;
    private const int MaxBlocks = 1 << 14;
    private const int HeaderBytes = 16;

    private readonly byte** _table = (byte**)NativeMemory.AllocZeroed(MaxBlocks, (nuint)sizeof(byte*));
    private readonly nuint _stride;
    private readonly Metric _metric;

    public NativeRows(Metric metric, int dimension)
    {
        _metric = metric;
        Dimension = dimension;
        _stride = (nuint)(HeaderBytes + (dimension * sizeof(float)));
        Blocks = new RowBlocks(_table, Shift, _stride, HeaderBytes, dimension);
    }

    public int Dimension { get; }

    public RowBlocks Blocks { get; }

    public void Write(uint slot, ReadOnlySpan<float> vector)
    {
        ref byte* block = ref _table[slot >> Shift];
        if (block == null)
        {
            block = (byte*)NativeMemory.AllocZeroed((nuint)1 << Shift, _stride);
        }

        VectorDomain.Prepare(new Measure(_metric), vector, new Span<float>(Blocks[slot], Dimension));
    }

    public float[] Read(uint slot) => new ReadOnlySpan<float>(Blocks[slot], Dimension).ToArray();

    public float[] Prepare(ReadOnlySpan<float> query)
    {
        float[] prepared = new float[Dimension];
        VectorDomain.Prepare(new Measure(_metric), query, prepared);
        return prepared;
    }

    /// <summary>The exact answer by a scalar loop in float64 with the metric's textbook formula.</summary>
    public uint[] Nearest(ReadOnlySpan<float> preparedQuery, IEnumerable<uint> slots, int k)
    {
        float[] query = preparedQuery.ToArray();
        return [.. slots.Select(slot => (Slot: slot, Distance: Distance(query, slot))).OrderBy(x => x.Distance).ThenBy(x => x.Slot).Take(k).Select(x => x.Slot)];
    }

    public double Distance(float[] query, uint slot)
    {
        float* row = Blocks[slot];
        double sum = 0;
        for (int i = 0; i < Dimension; i++)
        {
            double difference = (double)query[i] - row[i];
            sum += _metric switch
            {
                Metric.Dot => -(double)query[i] * row[i],
                Metric.Manhattan => Math.Abs(difference),
                _ => difference * difference,
            };
        }

        return _metric switch
        {
            Metric.L2 => Math.Sqrt(sum),
            Metric.Cosine => sum / 2,
            _ => sum,
        };
    }

    public void Dispose()
    {
        for (int i = 0; i < MaxBlocks; i++)
        {
            NativeMemory.Free(_table[i]);
        }

        NativeMemory.Free(_table);
    }
}
