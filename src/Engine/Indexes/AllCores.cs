using System.Runtime.ExceptionServices;

namespace Hypervex.Indexes;

/// <summary>
/// Runs pieces of work of one call on as many threads as there are cores: the caller's own and idle ones of the thread pool,
/// so that many such calls at once have no more threads between them than the pool gives. Thread safety: all members.
/// </summary>
internal static class AllCores
{
    /// <summary>Runs the pieces 0 to count - 1 in any order. The first failure stops the rest and is thrown as it is.</summary>
    public static void Run(int count, Action<int> piece)
    {
        if (count <= 1 || Environment.ProcessorCount == 1)
        {
            for (int i = 0; i < count; i++)
            {
                piece(i);
            }

            return;
        }

        ExceptionDispatchInfo? failure = null;
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, (i, loop) =>
        {
            try
            {
                piece(i);
            }
            catch (Exception exception)
            {
                // Kept as it is: the loop would wrap it.
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
                loop.Stop();
            }
        });
        failure?.Throw();
    }
}
