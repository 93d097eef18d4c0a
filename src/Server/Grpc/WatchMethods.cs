using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Hypervex.Collections;
using Hypervex.Server.Http;
using Hypervex.Server.Json;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// The watch of a collection's changes. It has a place while it reads a page, and none while it waits for changes or for its client.
/// Thread safety: all members from any thread.
/// </summary>
/// <param name="stopping">Ends when the server stops.</param>
internal sealed class WatchMethods(CancellationToken stopping)
{
    private const int DefaultHeartbeatSeconds = 15;
    private const int MaxHeartbeatSeconds = 3_600;

    /// <summary>Adds the method.</summary>
    public void Add(GrpcMethodTable methods) =>
        methods.AddPages(RecordMethods.Service, "Watch", Access.Read, V1.WatchRequest.Parser, (call, request) => WatchAsync(call, request));

    private static ChangePosition PositionOf(Collection collection, V1.WatchRequest request)
    {
        if (request.FromNow && request.Position.Length > 0)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "\"position\" and \"from_now\" exclude each other.");
        }

        if (!ChangePosition.TryParse(request.Position, out ChangePosition position))
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "\"position\" is none that a watch has told; leave it out to begin with every record.");
        }

        return request.FromNow ? collection.LatestPosition : position;
    }

    private static V1.RecordChange Write(RecordChange change, RecordMapping mapping, RecordView view) => change.IsDeletion
        ? new V1.RecordChange
        {
            Sequence = change.Sequence,
            Deleted = new V1.DeletedRecord { VectorId = change.Id, DeletedAt = Timestamp.FromDateTimeOffset(change.At), Version = change.Version.ToString() },
        }
        : new V1.RecordChange { Sequence = change.Sequence, Upserted = mapping.Write(change.Record, view) };

    private async IAsyncEnumerable<V1.WatchResponse> WatchAsync(Call call, V1.WatchRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Collection collection = call.Collection(request.Collection);
        var view = RecordView.Of(request.Include, RecordParts.All);
        var mapping = new RecordMapping(collection);
        var heartbeat = TimeSpan.FromSeconds(Range.Check("heartbeat_seconds", request.HeartbeatSeconds == 0 ? DefaultHeartbeatSeconds : request.HeartbeatSeconds, 1, MaxHeartbeatSeconds));
        ChangeReader reader = collection.ReadChanges(PositionOf(collection, request), view.Parts.ToInclude());
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        bool isFirst = true;
        while (true)
        {
            IReadOnlyList<RecordChange> changes = reader.Read();
            if (changes.Count > 0 || isFirst)
            {
                // The first one comes at once, so that its client has a position whatever happens.
                isFirst = false;
                yield return new V1.WatchResponse { Position = reader.Position.ToString(), Changes = { changes.Select(change => Write(change, mapping, view)) } };
            }

            call.Leave();
            while (!await HasMoreAsync(reader, heartbeat, call.Server.Options.Database.TimeProvider, ended.Token, cancellationToken).ConfigureAwait(false))
            {
                call.Confirm();
                yield return new V1.WatchResponse { Position = reader.Position.ToString() };
            }

            await call.EnterAsync().ConfigureAwait(false);
        }
    }

    // False: nothing has come for the time of a heartbeat.
    private static async Task<bool> HasMoreAsync(ChangeReader reader, TimeSpan heartbeat, TimeProvider time, CancellationToken ended, CancellationToken cancellationToken)
    {
        using var quiet = new CancellationTokenSource(heartbeat, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ended, quiet.Token);
        try
        {
            await reader.WaitAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!ended.IsCancellationRequested)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HypervexException(ErrorCode.Closed, "The server stops; watch on elsewhere, or later, from the last position.");
        }
    }
}
