using System.Numerics;
using System.Runtime.InteropServices;

namespace Hypervex.Cli.DataFiles;

/// <summary>
/// Data like that of text embeddings: it lies near flat patches of few dimensions, and a few axes carry most of the length,
/// which breaks quantizers with one scale for all axes.
/// 1,024 clusters, each with a centre of N(0, I) and 32 directions; a row is
/// scales * (centre + 0.5 / sqrt(32) * (sum over j of z_j direction_j)) with z of N(0, I). The directions of a cluster are 32
/// out of 1,024 common vectors of N(0, I); the scale of an axis is exp(N(0, 1)).
/// Memory: centres and directions, float32[1024, dimension] each.
/// Thread safety: safe for concurrent use.
/// </summary>
internal sealed class SpikyGenerator : VectorGenerator
{
    private const int ClusterCount = 1024;
    private const int DirectionCount = 1024;
    private const int IntrinsicDimension = 32;
    private const double Spread = 0.5;
    private readonly float[][] _centres;
    private readonly float[][] _directions;
    private readonly int[][] _directionsOfCluster;
    private readonly float[] _scales;

    public SpikyGenerator(GeneratorOptions options)
        : base(options)
    {
        _centres = NormalVectors.Draw(options, StreamPurpose.Centres, ClusterCount);
        _directions = NormalVectors.Draw(options, StreamPurpose.Directions, DirectionCount);
        _directionsOfCluster = new int[ClusterCount][];
        for (int cluster = 0; cluster < ClusterCount; cluster++)
        {
            _directionsOfCluster[cluster] = ChooseDirections(new RandomStream(options.Seed, StreamPurpose.ClusterDirections, cluster));
        }

        var random = new RandomStream(options.Seed, StreamPurpose.Scales, 0);
        _scales = new float[options.Dimension];
        foreach (ref float scale in _scales.AsSpan())
        {
            scale = (float)PortableMath.Exp(random.NextNormal());
        }
    }

    protected override void Fill(ref RandomStream random, Span<float> vector)
    {
        int cluster = (int)random.NextBelow(ClusterCount);
        _centres[cluster].CopyTo(vector);
        double weight = Spread / Math.Sqrt(IntrinsicDimension);
        foreach (int direction in _directionsOfCluster[cluster])
        {
            AddScaled(vector, _directions[direction], (float)(weight * random.NextNormal()));
        }

        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] *= _scales[i];
        }
    }

    // Each component is multiplied, rounded, added and rounded: the width of the SIMD register does not show in the result.
    private static void AddScaled(Span<float> target, ReadOnlySpan<float> direction, float weight)
    {
        Span<Vector<float>> wide = MemoryMarshal.Cast<float, Vector<float>>(target);
        ReadOnlySpan<Vector<float>> added = MemoryMarshal.Cast<float, Vector<float>>(direction);
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] += added[i] * weight;
        }

        for (int i = wide.Length * Vector<float>.Count; i < target.Length; i++)
        {
            target[i] += direction[i] * weight;
        }
    }

    /// <summary>The first steps of a Fisher-Yates shuffle: distinct directions, each set equally likely.</summary>
    private static int[] ChooseDirections(RandomStream random)
    {
        int[] all = [.. Enumerable.Range(0, DirectionCount)];
        for (int i = 0; i < IntrinsicDimension; i++)
        {
            int other = i + (int)random.NextBelow(DirectionCount - i);
            (all[i], all[other]) = (all[other], all[i]);
        }

        return all[..IntrinsicDimension];
    }
}
