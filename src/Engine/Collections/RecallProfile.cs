namespace Hypervex;

/// <summary>One measurement of a <see cref="RecallProfile"/>.</summary>
/// <param name="Ef">Width of the beam.</param>
/// <param name="Recall">Mean share of the true k nearest that were found, 0 to 1.</param>
/// <param name="Floor">What a target is compared with: the recall less one standard error of its mean.</param>
public readonly record struct RecallPoint(int Ef, float Recall, float Floor);

/// <summary>The recall of a field's graph by the width of the beam, measured on the field's own vectors. Thread safety: immutable.</summary>
/// <param name="K">Hits of each search; the curve serves searches for at most as many.</param>
/// <param name="Rows">Live vectors when it was measured.</param>
/// <param name="Queries">Searches of each point: stored vectors, and recent queries once there are enough.</param>
/// <param name="Points">By ascending width; the floors do not fall.</param>
public sealed record RecallProfile(int K, long Rows, int Queries, IReadOnlyList<RecallPoint> Points)
{
    /// <summary>The narrowest beam whose floor reaches a target, interpolated; the widest measured one when none does.</summary>
    /// <param name="target">The recall to hold.</param>
    internal int EfFor(float target)
    {
        for (int i = 0; i < Points.Count; i++)
        {
            RecallPoint reached = Points[i];
            if (reached.Floor < target)
            {
                continue;
            }

            if (i == 0)
            {
                return reached.Ef;
            }

            RecallPoint below = Points[i - 1];
            return below.Ef + (int)MathF.Ceiling((reached.Ef - below.Ef) * (target - below.Floor) / (reached.Floor - below.Floor));
        }

        return Points[^1].Ef;
    }
}
