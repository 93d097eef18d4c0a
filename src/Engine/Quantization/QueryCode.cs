namespace Hypervex.Quantization;

/// <summary>A query as codes are compared with it. The rank of a row is <c>Weight + row.Weight - Scale * row.Scale * (dot - Bias)</c>.</summary>
internal unsafe struct QueryCode
{
    /// <summary>sbyte[<see cref="ICodeWidth.QueryLength"/>], zeros behind the dimension, arranged (<see cref="ICodeWidth.Arrange"/>).</summary>
    public sbyte* Components;

    /// <summary>What the query alone adds to the rank.</summary>
    public float Weight;

    /// <summary>The step of the query's components, times the metric's factor of the inner product.</summary>
    public float Scale;

    /// <summary>The length of the query relative to the mean.</summary>
    public float Length;

    /// <summary>Under metrics that have one, what the query alone multiplies the rank with.</summary>
    public float Factor;

    /// <summary>The sum of the components times <see cref="ICodeWidth.Offset"/>.</summary>
    public float Bias;
}
