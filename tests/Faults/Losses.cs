using System.Text;
using Hypervex.FaultDriver;
using Hypervex.Storage;

namespace Hypervex.Faults.Tests;

/// <summary>What a repaired database may lack: the records whose last operation the report lists as lost, and no other.</summary>
internal sealed class Losses
{
    private readonly long _seed;
    private readonly Dictionary<string, RecordState> _states;
    private readonly Dictionary<string, (ulong Sequence, bool IsPut)> _last = new(StringComparer.Ordinal);

    public Losses(StoredFiles files, long seed)
    {
        _seed = seed;
        foreach (byte[] segment in files.LongestLog.Select(name => files[name]))
        {
            Frames.Visit(segment, (header, at) =>
            {
                ReadOnlySpan<byte> body = segment.AsSpan(at + FrameHeader.Size, header.BodyLength);
                if (header.Kind == FrameKind.Put && RecordBody.TryRead(body, out RecordBody record))
                {
                    _last[Encoding.UTF8.GetString(record.Id)] = (header.Sequence, true);
                }
                else if (header.Kind == FrameKind.Delete && TombstoneBody.TryRead(body, out TombstoneBody tombstone))
                {
                    _last[Encoding.UTF8.GetString(tombstone.Id)] = (header.Sequence, false);
                }
            });
        }

        using Database database = files.OpenWith("", []);
        Observation whole = Observation.Of(database, seed);
        Assert.Null(whole.Problem);
        _states = whole.States;
        RecoveryReport recovery = database.GetCollection(Workload.Collection).Recovery;
        Assert.Null(recovery.CheckpointProblem);
        Assert.InRange(recovery.Replayed, 0, 1); // the checkpoint is in use, so that damage in what it consists of means something
    }

    /// <summary>What the report does not explain; null when there is nothing.</summary>
    public string? Difference(IFileSystem files, RepairReport report)
    {
        using Database database = StoredFiles.Open(files);
        Observation repaired = Observation.Of(database, _seed);
        if (repaired.Problem is { } problem)
        {
            return problem;
        }

        foreach (string id in _states.Keys.Union(repaired.States.Keys))
        {
            bool differs = !_states.TryGetValue(id, out RecordState before) || !repaired.States.TryGetValue(id, out RecordState after) || before != after;
            (ulong sequence, bool isPut) = _last.GetValueOrDefault(id);
            bool isListed = report.Lost.Any(lost => lost.Collection == Workload.Collection && lost.FirstSequence <= sequence && sequence <= lost.LastSequence);
            if (differs && !isListed)
            {
                return $"{id} differs although its last operation, {sequence}, is not listed as lost";
            }

            if (!differs && isListed && isPut)
            {
                return $"{id} is there although its last operation, {sequence}, is listed as lost";
            }
        }

        return null;
    }
}
