namespace Hypervex.Quantization;

/// <summary>What follows the components of a code, 12 bytes: three float32. In hyperbolic space the row's factor follows, one more (<see cref="CodeShape"/>).</summary>
internal struct CodeTrailer
{
    /// <summary>Size of the trailer.</summary>
    public const int Bytes = 3 * sizeof(float);

    /// <summary>The factor from steps to components.</summary>
    public float Scale;

    /// <summary>What the row alone adds to a rank: its squared length for l2, less its product with the mean for dot.</summary>
    public float Weight;

    /// <summary>The length of what the code leaves out of the centred row.</summary>
    public float Error;
}
