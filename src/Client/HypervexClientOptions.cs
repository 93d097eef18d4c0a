namespace Hypervex.Client;

/// <summary>
/// Settings of a <see cref="HypervexClient"/>.
/// Thread safety: immutable.
/// </summary>
public sealed record HypervexClientOptions
{
    /// <summary>Longest time for one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// How often a request is sent again that failed for a reason that may pass, 0 to 100: one that changes nothing when the server cannot be reached or answers 503, any one when the server answers
    /// <c>overloaded</c> or <c>opening</c> and so has done nothing of it.
    /// </summary>
    public int Retries { get; init; } = 3;

    /// <summary>
    /// Greatest wait before the first of them, above zero; it doubles each time, up to 5 seconds, and each wait is drawn at random below it, behind what the server asks for with Retry-After.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Source of time for the waits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The key to send as a bearer token; null = none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>How requests are sent; null = the default handler. The client does not dispose a handler that is given here.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The settings without the key.</summary>
    public override string ToString() => $"{nameof(HypervexClientOptions)} {{ Timeout = {Timeout}, Retries = {Retries}, ApiKey = {(ApiKey is null ? "none" : "...")} }}";
}
