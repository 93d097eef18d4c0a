namespace Hypervex.Client;

/// <summary>
/// Settings of a <see cref="HypervexClient"/>.
/// Thread safety: immutable.
/// </summary>
public sealed record HypervexClientOptions
{
    /// <summary>Longest time for one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>The key to send as a bearer token; null = none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>How requests are sent; null = the default handler. The client does not dispose a handler that is given here.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The settings without the key.</summary>
    public override string ToString() => $"{nameof(HypervexClientOptions)} {{ Timeout = {Timeout}, ApiKey = {(ApiKey is null ? "none" : "...")} }}";
}
