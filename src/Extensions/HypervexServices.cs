using Hypervex.Client;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hypervex.Extensions;

/// <summary>
/// Adds Hypervex to an application.
/// Thread safety: while the application is set up, as all of its services.
/// </summary>
/// <example>
/// <code>
/// services.AddHypervex(options => { options.Url = new Uri("http://127.0.0.1:8080"); options.Collection = "docs"; });
/// services.AddHealthChecks().AddCheck&lt;HypervexHealthCheck&gt;("hypervex");
/// </code>
/// </example>
public static class HypervexServices
{
    /// <summary>
    /// Adds a <see cref="HypervexClient"/>, an <see cref="IVectorCollection"/> over it, and, where an <c>IEmbeddingGenerator&lt;string, Embedding&lt;float&gt;&gt;</c> is registered, a <see cref="TextCollection"/>; each
    /// once for the application. What is registered already stays: an <see cref="IVectorCollection"/> of the package Hypervex.Embedded, for example.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; null when they are configured elsewhere.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddHypervex(this IServiceCollection services, Action<HypervexOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<HypervexOptions> options = services.AddOptions<HypervexOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HypervexOptions>, HypervexOptionsCheck>());
        services.TryAddSingleton(provider => Connect(provider.GetRequiredService<IOptions<HypervexOptions>>().Value));
        services.TryAddSingleton<IVectorCollection>(provider => provider.GetRequiredService<HypervexClient>().Collection(provider.GetRequiredService<IOptions<HypervexOptions>>().Value.Collection));
        services.TryAddSingleton(provider => new TextCollection(provider.GetRequiredService<IVectorCollection>(), provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>()));
        return services;
    }

    private static HypervexClient Connect(HypervexOptions options) =>
        new(options.Url!, new HypervexClientOptions { ApiKey = options.ApiKey, Timeout = options.Timeout, Retries = options.Retries });
}
