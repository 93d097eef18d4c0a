using System.Diagnostics;

namespace Hypervex.Cli.Benchmarks.Server;

/// <summary>
/// Sends the requests that fall to one connection.
/// Thread safety: one thread runs it; its counts are read when that has ended.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="requests">All requests; a request's number says which.</param>
/// <param name="isOnce">Whether it ends behind the last of them, instead of beginning again with the first.</param>
internal sealed class LoadSender(LoadConnection connection, byte[][] requests, bool isOnce)
{
    /// <summary>Latencies of what succeeded.</summary>
    public LatencySamples Latencies { get; } = new();

    /// <summary>Refused for want of room.</summary>
    public long Refused { get; private set; }

    /// <summary>Failed otherwise.</summary>
    public long Failed { get; private set; }

    /// <summary>The first failure; null without one.</summary>
    public string? Failure { get; private set; }

    /// <summary>Sends until no more are due.</summary>
    public void Run(ArrivalSchedule schedule)
    {
        try
        {
            while (schedule.TryTake(out long number, out long due) && !(isOnce && number >= requests.Length))
            {
                LoadAnswer answer = connection.Ask(requests[number % requests.Length]);
                if (answer.IsGood)
                {
                    Latencies.Add(Stopwatch.GetTimestamp() - due);
                }
                else if (answer.IsRefused)
                {
                    Refused++;
                }
                else
                {
                    Failed++;
                    Failure ??= answer.Failure;
                }
            }
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            Failed++;
            Failure ??= error.Message;
        }
    }
}
