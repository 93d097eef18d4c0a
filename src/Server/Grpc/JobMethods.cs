using Google.Protobuf.WellKnownTypes;
using Hypervex.Server.Http;
using Hypervex.Server.Jobs;
using Hypervex.Wire;
using V1 = Hypervex.Wire.V1;

namespace Hypervex.Server.Grpc;

/// <summary>
/// Jobs: list, look at, cancel.
/// Thread safety: pure functions.
/// </summary>
internal static class JobMethods
{
    private const string Service = "hypervex.v1.Jobs";

    public static void Add(GrpcMethodTable methods)
    {
        methods.AddUnary(Service, "List", Access.AnyKey, V1.ListJobsRequest.Parser, ListAsync);
        methods.AddUnary(Service, "Get", Access.AnyKey, V1.GetJobRequest.Parser, (call, request) => Task.FromResult(Write(CollectionJobs.Find(call.Server, call.Caller, request.Id).Present)));
        methods.AddUnary(Service, "Cancel", Access.AnyKey, V1.CancelJobRequest.Parser, CancelAsync);
    }

    /// <summary>A job on the wire.</summary>
    public static V1.Job Write(JobMessage job)
    {
        var message = new V1.Job
        {
            Id = job.Id,
            Kind = job.Kind,
            Collection = job.Collection,
            State = job.State,
            Stage = job.Stage ?? "",
            StartedAt = Timestamp.FromDateTime(job.StartedAt),
            FinishedAt = job.FinishedAt is { } time ? Timestamp.FromDateTime(time) : null,
            Snapshot = job.Snapshot ?? "",
            Problem = job.Problem is { } problem ? new V1.JobProblem { Code = problem.Code, Detail = problem.Detail } : null,
        };
        if (job.Progress is { } progress)
        {
            message.Progress = progress;
        }

        if (job.Records is { } records)
        {
            message.Records = records;
        }

        if (job.Bytes is { } bytes)
        {
            message.Bytes = bytes;
        }

        return message;
    }

    private static Task<V1.ListJobsResponse> ListAsync(Call call, V1.ListJobsRequest request) =>
        Task.FromResult(new V1.ListJobsResponse { Jobs = { CollectionJobs.List(call.Server, call.Caller).Select(Write) } });

    private static Task<V1.CancelJobResponse> CancelAsync(Call call, V1.CancelJobRequest request)
    {
        CollectionJobs.Cancel(call.Server, call.Caller, request.Id);
        return Task.FromResult(new V1.CancelJobResponse());
    }
}
