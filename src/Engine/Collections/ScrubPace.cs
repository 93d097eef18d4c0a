namespace Hypervex.Collections;

/// <summary>
/// Keeps the scrubs of a database at their rate: whoever has read waits as long as reading that much may take. Thread safety: one caller at a time.
/// </summary>
/// <param name="bytesPerSecond">The rate; 0 = as fast as it goes.</param>
/// <param name="time">What waiting is measured by.</param>
internal sealed class ScrubPace(long bytesPerSecond, TimeProvider time)
{
    private long _free = time.GetTimestamp();

    /// <summary>Waits until the next read may begin.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Wait(long bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (bytesPerSecond == 0)
        {
            return;
        }

        long now = time.GetTimestamp();
        _free = Math.Max(_free, now) + (long)Math.Ceiling(bytes * (double)time.TimestampFrequency / bytesPerSecond);
        Task.Delay(time.GetElapsedTime(now, _free), time, cancellationToken).GetAwaiter().GetResult();
    }
}
