using Hypervex.FaultDriver;

namespace Hypervex.Faults.Tests;

/// <summary>The state of one writer's own ids after some of its operations.</summary>
internal sealed class Model
{
    private readonly Dictionary<string, RecordState> _states;

    public Model() => _states = new(StringComparer.Ordinal);

    public Model(Model other) => _states = new(other._states, StringComparer.Ordinal);

    public int Count => _states.Count;

    /// <summary>Applies an operation; returns how many of the writer's own ids it changed.</summary>
    public int Apply(Operation operation)
    {
        int changed = 0;
        foreach (string id in operation.Ids.Where(id => !Workload.IsShared(id)))
        {
            switch (operation.Kind)
            {
                case OperationKind.Upsert:
                    _states[id] = new RecordState(operation.Stamp, 0);
                    changed++;
                    break;
                case OperationKind.ChangeMetadata when _states.TryGetValue(id, out RecordState state):
                    _states[id] = state with { Change = operation.Stamp };
                    changed++;
                    break;
                case OperationKind.CreateCollection:
                    _states[id] = Observation.SideCollection;
                    changed++;
                    break;
                case OperationKind.Delete or OperationKind.DropCollection when _states.Remove(id):
                    changed++;
                    break;
            }
        }

        return changed;
    }

    /// <summary>The first difference to what was observed of these ids; null when there is none.</summary>
    public string? DifferenceTo(Dictionary<string, RecordState> observed)
    {
        foreach ((string id, RecordState state) in _states)
        {
            if (!observed.TryGetValue(id, out RecordState found))
            {
                return $"{id} is gone, expected {state}";
            }

            if (found != state)
            {
                return $"{id} is {found}, expected {state}";
            }
        }

        string? extra = observed.Count == _states.Count ? null : observed.Keys.First(id => !_states.ContainsKey(id));
        return extra is null ? null : $"{extra} is there ({observed[extra]}), expected none: deleted, or never acknowledged";
    }
}
