using System.Globalization;
using Hypervex.Cli.DataFiles;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// The records that the storage benchmarks write: clustered vectors, the same for the same number in every process, and a little
/// metadata, as records have. Thread safety: safe for concurrent use.
/// </summary>
internal sealed class BenchmarkRecords(int dimension)
{
    private readonly VectorGenerator _generator = VectorGenerator.Create(new GeneratorOptions
    {
        Distribution = VectorDistribution.Clustered,
        Count = uint.MaxValue,
        Dimension = dimension,
    });

    /// <summary>The id of a record.</summary>
    public static string Id(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A vector that is no record's.</summary>
    public float[] Query(long number)
    {
        float[] query = new float[dimension];
        _generator.FillQuery(number, query);
        return query;
    }

    /// <summary>The vector of a row.</summary>
    public float[] Vector(long row)
    {
        float[] vector = new float[dimension];
        _generator.FillRow(row, vector);
        return vector;
    }

    /// <summary>A record.</summary>
    /// <param name="number">Its id.</param>
    /// <param name="row">The row that is its vector; another one than its number after an overwrite.</param>
    public VectorRecord Record(long number, long row) =>
        Record(number, row, Vector(row));

    /// <summary>A record with a vector that is given.</summary>
    public static VectorRecord Record(long number, long row, float[] vector) =>
        new(Id(number), vector) { Metadata = new MetadataObject { ["number"] = number, ["row"] = row } };

    /// <summary>Writes records first to first + count - 1 in batches.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="first">The first id.</param>
    /// <param name="count">How many.</param>
    /// <param name="rowOffset">Added to a record's number, it is the row of its vector.</param>
    /// <param name="durability">Durability of the batches; null = the database's.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    public void Fill(Collection collection, long first, long count, long rowOffset = 0, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        const int Batch = 1_000;
        WriteOptions options = new() { Durability = durability };
        for (long start = first; start < first + count; start += Batch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long end = Math.Min(start + Batch, first + count);
            VectorRecord[] records = new VectorRecord[end - start];
            Parallel.For(0, records.Length, i => records[i] = Record(start + i, start + i + rowOffset));
            collection.UpsertBatch(records, options);
        }
    }
}
