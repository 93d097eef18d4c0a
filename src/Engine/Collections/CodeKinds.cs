using Hypervex.Distances;
using Hypervex.Quantization;

namespace Hypervex.Collections;

/// <summary>What a field's setting means: which codes, and what they take. Thread safety: pure functions.</summary>
internal static class CodeKinds
{
    // Below, half a byte per component loses more by ranking again than it saves while walking.
    private const int MinDimensionOfFourBits = 256;

    /// <summary>The codes that a setting stands for: never <see cref="QuantizationKind.Auto"/>.</summary>
    /// <param name="setting">The setting, which the metric allows.</param>
    /// <param name="metric">The field's metric.</param>
    /// <param name="dimension">float32 places of a row.</param>
    public static QuantizationKind Of(QuantizationKind setting, Metric metric, int dimension) => setting switch
    {
        QuantizationKind.Auto when metric is Metric.Manhattan or Metric.Hamming or Metric.Poincare or Metric.Lorentz => QuantizationKind.None,
        QuantizationKind.Auto => dimension < MinDimensionOfFourBits ? QuantizationKind.Sq8 : QuantizationKind.Sq4,
        QuantizationKind kind => kind,
    };

    /// <summary>The codes that a walker goes by; none of the rows' own.</summary>
    public static QuantizationKind Of(ICodeWalker? walker) => walker?.Bits switch
    {
        null => QuantizationKind.None,
        1 => QuantizationKind.Binary,
        4 => QuantizationKind.Sq4,
        _ => QuantizationKind.Sq8,
    };

    /// <summary>Bytes of the code of one row, with its padding.</summary>
    public static int StrideOf(QuantizationKind kind, CodeShape shape) => kind switch
    {
        QuantizationKind.None => 0,
        QuantizationKind.Binary => CodeStore<OneBit>.StrideOf(shape),
        QuantizationKind.Sq4 => CodeStore<FourBits>.StrideOf(shape),
        _ => CodeStore<EightBits>.StrideOf(shape),
    };
}
