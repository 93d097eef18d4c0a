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

    /// <summary>
    /// Geodesic distance in the Poincaré ball of curvature -c (<see cref="VectorFieldOptions.Curvature"/>),
    /// (1/√c) arcosh(1 + 2c |u - v|^2 / ((1 - c |u|^2)(1 - c |v|^2))) (Nickel and Kiela, NeurIPS 2017). Score = 1 / (1 + distance).
    /// Vectors with c |x|^2 of 1 - 1e-9 or more are refused with <see cref="ErrorCode.OutOfDomain"/>, or moved inside
    /// (<see cref="VectorFieldOptions.Project"/>).
    /// </summary>
    Poincare = 5,

    /// <summary>
    /// Geodesic distance on the hyperboloid of curvature -c, x0^2 - |x'|^2 = 1/c with x0 &gt; 0, which comes first:
    /// (1/√c) arcosh(c (x0 y0 - &lt;x', y'&gt;)) (Nickel and Kiela, ICML 2018), computed without that cancellation from x' alone. Score = 1 / (1 + distance). The dimension counts x0 and is
    /// 2 or more. Vectors off the hyperboloid by more than 1e-6 x0^2 are refused with <see cref="ErrorCode.OutOfDomain"/>, or get the x0 that
    /// belongs to their x' (<see cref="VectorFieldOptions.Project"/>).
    /// </summary>
    Lorentz = 6,
}
