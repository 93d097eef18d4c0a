namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Makes vectors out of a seed: the same rows for the same options on every platform, in any order and from many threads.
/// Thread safety: safe for concurrent use.
/// </summary>
internal abstract class VectorGenerator
{
    public static VectorGenerator Create(GeneratorOptions options) => throw new NotImplementedException();

    /// <summary>The options it was created with.</summary>
    public abstract GeneratorOptions Options { get; }

    /// <summary>Makes the row with this number, 0 to count - 1.</summary>
    /// <param name="number">The row's number.</param>
    /// <param name="vector">Receives <see cref="GeneratorOptions.Dimension"/> components.</param>
    public abstract void FillRow(long number, Span<float> vector);

    /// <summary>Makes the query with this number, from 0; see <see cref="QueryKind"/>.</summary>
    public abstract void FillQuery(long number, Span<float> vector);
}
