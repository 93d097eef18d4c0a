using Hypervex.Client;

namespace Hypervex.Extensions;

/// <summary>
/// Where an application finds its server; set by code or bound to configuration, and checked when it is first used, or at the start where the host validates then.
/// Thread safety: changed while the application is set up, only read afterwards.
/// </summary>
public sealed class HypervexOptions
{
    /// <summary>Scheme, host and port of the server, <c>http</c> or <c>https</c>.</summary>
    public Uri? Url { get; set; }

    /// <summary>The key to send; null = none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The collection that <see cref="IVectorCollection"/> and <see cref="TextCollection"/> are about.</summary>
    public string Collection { get; set; } = CollectionClient.DefaultName;

    /// <summary>Longest time for one request, above zero.</summary>
    public TimeSpan Timeout { get; set; } = new HypervexClientOptions().Timeout;

    /// <summary>How often a request is sent again that failed for a reason that may pass, 0 to 100.</summary>
    public int Retries { get; set; } = new HypervexClientOptions().Retries;
}
