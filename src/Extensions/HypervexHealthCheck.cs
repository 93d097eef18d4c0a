using Hypervex.Client;
using Hypervex.Wire;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypervex.Extensions;

/// <summary>
/// Asks a server whether it is well. What failed is told by its stable code and our message.
/// Thread safety: any number of checks at once.
/// </summary>
internal sealed class HypervexHealthCheck(HypervexClient client) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
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
