using Hypervex.Wire;

namespace Hypervex.Client;

/// <summary>
/// The jobs of a server: work that goes on after the request that began it was answered. Made by <see cref="HypervexClient.Jobs"/>.
/// Every method fails with <see cref="HypervexClientException"/>.
/// Thread safety: all members from any thread.
/// </summary>
public sealed class JobsClient
{
    /// <summary>The <see cref="JobMessage.State"/> of a job that has not ended.</summary>
    public const string Running = "running";

    private const string Path = "/api/v1/jobs";
    private static readonly TimeSpan _firstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(1);
    private readonly Connection _connection;
    private readonly TimeProvider _time;

    internal JobsClient(Connection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
    }

    /// <summary>The jobs that run or ended lately, the newest first.</summary>
    public async Task<IReadOnlyList<JobMessage>> ListAsync(CancellationToken cancellationToken = default) =>
        (await _connection.SendAsync(HttpMethod.Get, Path, WireJson.Default.JobList, cancellationToken).ConfigureAwait(false)).Jobs;

    /// <summary>A job, and how far it is; fails with <c>not_found</c> when there is none, or it ended long ago.</summary>
    public Task<JobMessage> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _connection.SendAsync(HttpMethod.Get, PathOf(id), WireJson.Default.JobMessage, cancellationToken);

    /// <summary>Asks for a job until it has ended, however it ended: see its <see cref="JobMessage.State"/> and <see cref="JobMessage.Problem"/>.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="cancellationToken">Stops waiting; the job goes on.</param>
    public async Task<JobMessage> WaitAsync(string id, CancellationToken cancellationToken = default)
    {
        for (TimeSpan wait = _firstWait; ; wait = wait * 2 < _longestWait ? wait * 2 : _longestWait)
        {
            JobMessage job = await GetAsync(id, cancellationToken).ConfigureAwait(false);
            if (job.State != Running)
            {
                return job;
            }

            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks a job to stop; one that has ended is left alone.</summary>
    public Task CancelAsync(string id, CancellationToken cancellationToken = default) => _connection.SendAsync(HttpMethod.Delete, PathOf(id), cancellationToken);

    private static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";
}
