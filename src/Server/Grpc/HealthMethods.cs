using System.Runtime.CompilerServices;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using Health = Hypervex.Wire.Health;

namespace Hypervex.Server.Grpc;

/// <summary>
/// The service <c>grpc.health.v1.Health</c>: serving once the database is open, until the server stops. It answers anybody and says nothing more.
/// Thread safety: all members from any thread.
/// </summary>
/// <param name="methods">The table; its services are the ones that there are.</param>
/// <param name="stopping">Ends when the server stops.</param>
internal sealed class HealthMethods(GrpcMethodTable methods, CancellationToken stopping)
{
    private const string Service = "grpc.health.v1.Health";

    /// <summary>Adds the methods.</summary>
    public void Add()
    {
        methods.AddUnary(Service, "Check", Access.Open, Health.HealthCheckRequest.Parser, CheckAsync);
        methods.AddServerStream(Service, "Watch", Access.Open, Health.HealthCheckRequest.Parser, (call, request) => WatchAsync(call, request));
    }

    private static Health.HealthCheckResponse Answer(Health.HealthCheckResponse.Types.ServingStatus status) => new() { Status = status };

    private Task<Health.HealthCheckResponse> CheckAsync(Call call, Health.HealthCheckRequest request) => IsKnown(request)
        ? Task.FromResult(Now(call))
        : throw new HypervexException(ErrorCode.NotFound, $"There is no service {JsonPath.Quote(request.Service)}.");

    private async IAsyncEnumerable<Health.HealthCheckResponse> WatchAsync(Call call, Health.HealthCheckRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        if (!IsKnown(request))
        {
            yield return Answer(Health.HealthCheckResponse.Types.ServingStatus.ServiceUnknown);
        }
        else
        {
            Health.HealthCheckResponse first = Now(call);
            yield return first;
            await ((Task)call.Server.Database.Opened).WaitAsync(ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!ended.IsCancellationRequested && Now(call) is { } second && second.Status != first.Status)
            {
                yield return second;
            }
        }

        await Task.Delay(Timeout.Infinite, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        yield return Answer(Health.HealthCheckResponse.Types.ServingStatus.NotServing);
    }

    private bool IsKnown(Health.HealthCheckRequest request) => request.Service.Length == 0 || methods.Services.Contains(request.Service);

    private Health.HealthCheckResponse Now(Call call) => Answer(
        call.Server.Database.Opened.IsCompletedSuccessfully && !stopping.IsCancellationRequested
            ? Health.HealthCheckResponse.Types.ServingStatus.Serving
            : Health.HealthCheckResponse.Types.ServingStatus.NotServing);
}
