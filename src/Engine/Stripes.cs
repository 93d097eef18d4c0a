using System.Numerics;

namespace Hypervex;

/// <summary>
/// Counters that all threads change are kept several times, each thread changing those of its stripe: a line of the cache that two processors write by turns travels between them each time.
/// Thread safety: pure functions.
/// </summary>
internal static class Stripes
{
    /// <summary>64-bit places between two stripes: two lines of a cache, because processors fetch them in pairs.</summary>
    public const int Length = 16;

    private const int Most = 32;

    private static int Count { get; } = (int)Math.Min(Most, BitOperations.RoundUpToPowerOf2((uint)(2 * Environment.ProcessorCount)));

    /// <summary>Length of an array for all stripes. The first places stay unused: beside them stands the length itself, which everybody reads.</summary>
    public static int ArrayLength => (Count + 1) * Length;

    /// <summary>Where the stripe of the calling thread begins in such an array. Threads may share one.</summary>
    public static int Current => ((Environment.CurrentManagedThreadId & (Count - 1)) + 1) * Length;
}
