using System.Runtime.Intrinsics;

namespace Hypervex.Distances;

/// <summary>
/// A kernel that is a sum over components: one term of it. The loops are written once (<see cref="Fast"/>, <see cref="Reproducible"/>), the metrics differ
/// only here.
/// </summary>
/// <remarks>
/// <c>Add</c> may fuse multiplication and addition and so differs between processors in the last bits; <c>Term</c> rounds
/// after every operation and is the same everywhere.
/// </remarks>
internal interface ISumKernel : IKernel
{
    static abstract Vector512<float> Add(Vector512<float> sum, Vector512<float> u, Vector512<float> v);

    static abstract Vector256<float> Add(Vector256<float> sum, Vector256<float> u, Vector256<float> v);

    static abstract Vector128<float> Add(Vector128<float> sum, Vector128<float> u, Vector128<float> v);

    static abstract Vector256<float> Term(Vector256<float> u, Vector256<float> v);

    static abstract Vector128<float> Term(Vector128<float> u, Vector128<float> v);

    static abstract float Term(float u, float v);

    /// <summary>The rank from the sum of the terms.</summary>
    static abstract float Finish(float sum);
}
