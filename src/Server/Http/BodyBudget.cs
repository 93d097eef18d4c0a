using System.Globalization;

namespace Hypervex.Server.Http;

/// <summary>
/// Bytes that all bodies under way hold together, so that many large bodies at once cannot exhaust the memory.
/// Thread safety: all members from any thread.
/// </summary>
internal sealed class BodyBudget(long greatest)
{
    private long _taken;

    /// <summary>Bytes that are taken now.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Takes bytes.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.Overloaded"/>: there are not as many left.</exception>
    public void Take(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) > greatest)
        {
            Interlocked.Add(ref _taken, -bytes);
            throw new HypervexException(
                ErrorCode.Overloaded,
                string.Create(CultureInfo.InvariantCulture, $"The bodies of running requests hold {greatest} bytes together, which is the limit; try again in a moment, or send smaller batches."));
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
