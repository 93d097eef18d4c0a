using Hypervex.Distances;

namespace Hypervex.Quantization;

/// <summary>What of a row is coded, and what follows its components in a code. Thread safety: a value.</summary>
/// <param name="Components">Components that are coded: all places of a row but the factors of hyperbolic space.</param>
/// <param name="TrailerBytes">Bytes behind them: <see cref="CodeTrailer"/>, and float32 the row's factor under metrics that have one.</param>
internal readonly record struct CodeShape(int Components, int TrailerBytes)
{
    /// <summary>By the places of a row.</summary>
    public static CodeShape Of(Metric metric, int places) => OfComponents(metric, metric switch
    {
        Metric.Poincare => places - PoincareRank.Factors,
        Metric.Lorentz => places - LorentzRank.Factors,
        _ => places,
    });

    /// <summary>By the components that are coded.</summary>
    public static CodeShape OfComponents(Metric metric, int components) => new(components, CodeTrailer.Bytes + (HasFactor(metric) ? sizeof(float) : 0));

    /// <summary>Whether ranks are squared distances times a factor of each row.</summary>
    public static bool HasFactor(Metric metric) => metric is Metric.Poincare or Metric.Lorentz;
}
