namespace Hypervex.Cli.Input;

/// <summary>How points of hyperbolic space are written down; each is a metric of the same name.</summary>
internal enum HyperbolicModel
{
    /// <summary>The ball c |x|² &lt; 1.</summary>
    Poincare = 0,

    /// <summary>The hyperboloid x0² - |x'|² = 1/c, x0 first.</summary>
    Lorentz,
}
