namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>
/// Makes the bytes of requests and reads those of answers. Ids are row numbers.
/// Thread safety: all members from any thread.
/// </summary>
internal interface ILoadProtocol
{
    /// <summary>Opens a connection.</summary>
    LoadConnection Connect();

    /// <summary>Creates the collection.</summary>
    byte[] Create();

    /// <summary>Drops the collection.</summary>
    byte[] Drop();

    /// <summary>Asks how many rows wait for their links.</summary>
    byte[] Stats();

    /// <summary>The number in the answer to <see cref="Stats"/>.</summary>
    long ReadPending(ReadOnlySpan<byte> answer);

    /// <summary>Writes rows, as one batch.</summary>
    /// <param name="first">The number of the first of them.</param>
    /// <param name="rows">The rows.</param>
    byte[] Upsert(int first, ReadOnlySpan<float[]> rows);

    /// <summary>The nearest records, without their content.</summary>
    byte[] Search(float[] query);

    /// <summary>The row numbers in the answer to <see cref="Search"/>, nearest first.</summary>
    int[] ReadRows(ReadOnlySpan<byte> answer);

    /// <summary>Reads one record wholly.</summary>
    byte[] Get(int row);

    /// <summary>Gives a record another vector.</summary>
    byte[] Update(int row, float[] vector);

    /// <summary>Deletes a record.</summary>
    byte[] Delete(int row);
}
