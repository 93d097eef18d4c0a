namespace Hypervex.Training;

/// <summary>What the trainer needs of a space. Implemented by structs, so that the loop is compiled once for each. All spans have the dimension's length.</summary>
internal interface IModel
{
    /// <summary>The distance of two points, and its gradients with respect to both coordinates.</summary>
    static abstract double Distance(ReadOnlySpan<double> u, ReadOnlySpan<double> v, Span<double> gradientOfU, Span<double> gradientOfV);

    /// <summary>Moves a point against a gradient.</summary>
    static abstract void Step(Span<double> point, ReadOnlySpan<double> gradient, double rate);
}
