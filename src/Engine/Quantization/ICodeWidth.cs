using System.Runtime.Intrinsics;

namespace Hypervex.Quantization;

/// <summary>How many bits of a code stand for one component, and how codes are multiplied. Implemented by structs.</summary>
internal unsafe interface ICodeWidth
{
    /// <summary>Bits per component.</summary>
    static abstract int Bits { get; }

    /// <summary>The code u of a component stands for the multiple u - Offset of the vector's step.</summary>
    static abstract float Offset { get; }

    /// <summary>Least and greatest code.</summary>
    static abstract (float Low, float High) Range { get; }

    /// <summary>Greatest magnitude of a query's components for which the kernel of this processor does not overflow.</summary>
    static abstract int MaxQuery { get; }

    /// <summary>Bytes of the components of a code, a multiple of 8.</summary>
    static abstract int CodeBytes(int dimension);

    /// <summary>Components of a query, a multiple of 16, zeros behind the dimension included.</summary>
    static abstract int QueryLength(int dimension);

    /// <summary>Sum of u_i q_i over all components.</summary>
    /// <param name="code">A code.</param>
    /// <param name="query">sbyte[QueryLength], arranged.</param>
    /// <param name="bytes">CodeBytes.</param>
    static abstract int Dot(byte* code, sbyte* query, int bytes);

    /// <summary><see cref="Dot"/> of four codes with one query: they share its loads and the adding up of lanes.</summary>
    static abstract Vector128<int> DotFour(byte* code0, byte* code1, byte* code2, byte* code3, sbyte* query, int bytes);

    /// <summary>Brings the components of a query into the order that <see cref="Dot"/> reads, in place.</summary>
    /// <param name="query">sbyte[length].</param>
    /// <param name="length">QueryLength.</param>
    static abstract void Arrange(sbyte* query, int length);

    /// <summary>Puts codes of single components together.</summary>
    /// <param name="components">byte[QueryLength], one code each.</param>
    /// <param name="bytes">CodeBytes.</param>
    /// <param name="code">byte[CodeBytes].</param>
    static abstract void Pack(byte* components, int bytes, byte* code);

    /// <summary>Writes the components of a code as a query.</summary>
    /// <param name="code">A code.</param>
    /// <param name="bytes">CodeBytes.</param>
    /// <param name="query">sbyte[QueryLength].</param>
    /// <returns>How many units of the query one step is.</returns>
    static abstract float Unpack(byte* code, int bytes, sbyte* query);
}
