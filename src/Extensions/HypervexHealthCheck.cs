using Hypervex.Client;
using Hypervex.Wire;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypervex.Extensions;

/// <summary>
/// Asks the server of <see cref="HypervexServices.AddHypervex"/> whether it is well: it answers, its database is open, and the key is valid. A failure has a sentence for people, and under <c>code</c> in its data the stable code.
/// Thread safety: any number of checks at once.
/// </summary>
/// <param name="client">The client of the application.</param>
public sealed class HypervexHealthCheck(HypervexClient client) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            HealthAnswer health = await client.GetHealthAsync(cancellationToken).ConfigureAwait(false);
            return HealthCheckResult.Healthy($"Hypervex {health.Version} is {health.Status}.");
        }
        catch (HypervexClientException error)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, error.Message, data: new Dictionary<string, object> { ["code"] = error.Code });
        }
    }
}
