using Hypervex.FaultDriver;

namespace Hypervex.Faults.Tests;

/// <summary>The shared ids: of acknowledged operations the one with the highest sequence decides, and any that was under way may have come last.</summary>
internal sealed class SharedModel
{
    private readonly Dictionary<string, (RecordState? State, ulong Sequence)> _latest = new(StringComparer.Ordinal);
    private readonly List<(string Id, RecordState? State, ulong Sequence, string Origin)> _possible = [];

    public SharedModel()
    {
    }

    public SharedModel(SharedModel other) => _latest = new(other._latest, StringComparer.Ordinal);

    /// <summary>Starts from what was observed.</summary>
    public SharedModel(IEnumerable<KeyValuePair<string, RecordState>> observed)
    {
        foreach ((string id, RecordState state) in observed)
        {
            _latest[id] = (state, 0);
        }
    }

    public void Acknowledged(Operation operation, Acknowledgement acknowledgement)
    {
        foreach ((string id, RecordState? state, ulong sequence) in Effects(operation, acknowledgement))
        {
            if (!_latest.TryGetValue(id, out (RecordState?, ulong Sequence) known) || known.Sequence < sequence)
            {
                _latest[id] = (state, sequence);
            }
        }
    }

    /// <summary>An operation that may have happened; with its acknowledgement, if there was one after all.</summary>
    public void Possible(Operation operation, Acknowledgement? acknowledgement, string origin)
    {
        foreach ((string id, RecordState? state, ulong sequence) in Effects(operation, acknowledgement ?? new Acknowledgement(0, 0, ulong.MaxValue, operation.Ids.Count)))
        {
            _possible.Add((id, state, sequence, origin));
        }
    }

    /// <summary>The first id whose observed state nothing explains; null when there is none.</summary>
    public string? DifferenceTo(Dictionary<string, RecordState> observed)
    {
        foreach (string id in observed.Keys.Union(_latest.Keys).Union(_possible.Select(change => change.Id)))
        {
            RecordState? found = observed.TryGetValue(id, out RecordState state) ? state : null;
            (RecordState? expected, ulong sequence) = _latest.GetValueOrDefault(id);
            if (found != expected && !_possible.Any(change => change.Id == id && change.State == found && change.Sequence > sequence))
            {
                return $"{id} is {(found is null ? "gone" : found)}, expected {(expected is null ? "none" : expected)} of sequence {sequence}";
            }
        }

        return null;
    }

    private static IEnumerable<(string Id, RecordState? State, ulong Sequence)> Effects(Operation operation, Acknowledgement acknowledgement)
    {
        if (acknowledgement.Count == 0)
        {
            yield break;
        }

        for (int i = 0; i < operation.Ids.Count; i++)
        {
            if (Workload.IsShared(operation.Ids[i]))
            {
                ulong sequence = acknowledgement.Sequence - (ulong)(operation.Ids.Count - 1 - i); // a batch's frames follow each other
                yield return (operation.Ids[i], operation.Kind == OperationKind.Delete ? null : new RecordState(operation.Stamp, 0), sequence);
            }
        }
    }
}
