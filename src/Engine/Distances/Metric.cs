namespace Hypervex;

/// <summary>How the distance between two vectors of a field is measured. Smaller distances are nearer.</summary>
public enum Metric
{
    /// <summary>Euclidean distance, sqrt(sum (u_i - v_i)^2). Score = 1 / (1 + distance).</summary>
    L2 = 0,

    /// <summary>
    /// Cosine distance, 1 - cos(u, v), in [0, 2]. Score = cos(u, v). Zero vectors are refused with
    /// <see cref="ErrorCode.ZeroNorm"/>.
    /// </summary>
    Cosine = 1,

    /// <summary>Negated inner product, -&lt;u, v&gt;. Score = &lt;u, v&gt;. The distance of a vector to itself is not 0.</summary>
    Dot = 2,

    /// <summary>Manhattan (L1) distance, sum |u_i - v_i|. Score = 1 / (1 + distance).</summary>
    Manhattan = 3,

    /// <summary>
    /// Hamming distance of bit vectors, the number of bits that differ. Score = 1 / (1 + distance). The dimension is in bits; a
    /// vector is given as its packed bytes, the numbers 0 to 255, (dimension + 7) / 8 of them. Bits of the last byte beyond the
    /// dimension, counted from the lowest, are 0.
    /// </summary>
    Hamming = 4,
}
