namespace Hypervex.Distances;

/// <summary>
/// How many rows are asked for before they are ranked. Small ones are ranked faster than the memory answers, so more of them are under way; what the processor keeps under way at once
/// is bounded (some sixteen lines of the first cache).
/// </summary>
internal static class RowsAhead
{
    private const int LineBytes = 64;
    private const int Lines = 24;
    private const int Fewest = 8;

    /// <summary>Of rows of a size in bytes.</summary>
    public static int Of(int bytes) => Math.Max(Fewest, Lines / ((bytes + LineBytes - 1) / LineBytes));
}
