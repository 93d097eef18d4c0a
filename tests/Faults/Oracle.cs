using Hypervex.FaultDriver;

namespace Hypervex.Faults.Tests;

/// <summary>
/// Knows what a database must hold: what was acknowledged, and of each writer at most what it was doing when everything ended, wholly or
/// not at all. Lives over any number of sessions on one directory. Thread safety: <see cref="Acknowledge"/> from any thread.
/// </summary>
internal sealed class Oracle
{
    private readonly Lock _lock = new();
    private Model[] _own = [];
    private SharedModel _shared = new();
    private Workload? _session;
    private List<Acknowledgement>[] _lines = [];
    private bool[] _ended = [];
    private string? _contradiction;
    private (Model[] Own, SharedModel Shared)? _resolved;

    /// <summary>Operations that were acknowledged, over all sessions.</summary>
    public long Acknowledgements { get; private set; }

    /// <summary>A session begins on what the last comparison found.</summary>
    public void Begin(Workload session)
    {
        if (_resolved is { } resolved)
        {
            (_own, _shared) = resolved;
        }

        _own = [.. Enumerable.Range(0, session.Writers).Select(writer => writer < _own.Length ? _own[writer] : new Model())];
        _session = session;
        _lines = [.. Enumerable.Range(0, session.Writers).Select(_ => new List<Acknowledgement>())];
        _ended = new bool[session.Writers];
        _resolved = null;
    }

    /// <summary>A line of the driver. A refused write changes nothing; but when the log has failed it may be there, and no other may follow.</summary>
    public void Acknowledge(Acknowledgement acknowledgement)
    {
        lock (_lock)
        {
            int writer = acknowledgement.Writer;
            if (acknowledgement.Refused == ErrorCode.LogFailed)
            {
                _ended[writer] = true;
                return;
            }

            if (_ended[writer])
            {
                _contradiction ??= acknowledgement.Sequence == 0
                    ? null // it found nothing to write
                    : $"writer {writer} got operation {acknowledgement.Number} acknowledged after the log had failed";
                return;
            }

            if (acknowledgement.Number != _lines[writer].Count + 1)
            {
                _contradiction ??= $"writer {writer}: operation {acknowledgement.Number} follows {_lines[writer].Count}";
            }

            _lines[writer].Add(acknowledgement);
            Acknowledgements += acknowledgement.Refused is null ? 1 : 0;
        }
    }

    /// <summary>How many operations of each writer are acknowledged by now.</summary>
    public int[] Mark()
    {
        lock (_lock)
        {
            return [.. _lines.Select(lines => lines.Count)];
        }
    }

    /// <summary>Compares with an open database; null when every promise holds, else what does not.</summary>
    /// <param name="database">The database, open.</param>
    /// <param name="atLeast">What was acknowledged of each writer when the fault came; null = everything.</param>
    public string? Compare(Database database, int[]? atLeast = null)
    {
        Observation observation = Observation.Of(database, _session!.Seed);
        lock (_lock)
        {
            return _contradiction ?? observation.Problem ?? Compare(observation.States, atLeast ?? [.. _lines.Select(lines => lines.Count)]);
        }
    }

    private string? Compare(Dictionary<string, RecordState> observed, int[] atLeast)
    {
        var shared = new SharedModel(_shared);
        var own = new Model[_own.Length];
        for (int writer = 0; writer < own.Length; writer++)
        {
            Dictionary<string, RecordState> mine = observed.Where(entry => OwnerOf(entry.Key) == writer).ToDictionary(StringComparer.Ordinal);
            if (Fold(writer, atLeast[writer], mine, shared, out own[writer]) is { } difference)
            {
                return $"writer {writer}, {atLeast[writer]} operations acknowledged: {difference}";
            }
        }

        Dictionary<string, RecordState> others = observed.Where(entry => OwnerOf(entry.Key) is < 0).ToDictionary(StringComparer.Ordinal);
        string? stranger = observed.Keys.FirstOrDefault(id => OwnerOf(id) >= own.Length);
        if ((stranger is null ? shared.DifferenceTo(others) : $"{stranger} belongs to nobody") is { } unexplained)
        {
            return unexplained;
        }

        _resolved = (own, new SharedModel(others));
        return null;
    }

    /// <summary>Finds after which of a writer's operations, from the last acknowledged to the last begun, its ids look as observed.</summary>
    private string? Fold(int writer, int atLeast, Dictionary<string, RecordState> mine, SharedModel shared, out Model found)
    {
        List<Acknowledgement> lines = _lines[writer];
        found = new Model(_own[writer]);
        for (int number = 1; number <= atLeast; number++)
        {
            Operation operation = _session!.Next(writer, number);
            Acknowledgement line = lines[number - 1];
            if (line.Refused is not null)
            {
                continue;
            }

            int changed = found.Apply(operation);
            shared.Acknowledged(operation, line);
            if (operation.Ids.All(id => !Workload.IsShared(id)) && operation.Kind is not (OperationKind.Flush or OperationKind.Checkpoint or OperationKind.Snapshot) && changed != line.Count)
            {
                return $"operation {number} ({operation.Kind}) said that it changed {line.Count} records, expected {changed}";
            }
        }

        string? difference = found.DifferenceTo(mine);
        Model? match = difference is null ? found : null;
        var candidate = new Model(found);
        var begun = new List<(int Number, Operation Operation)>();
        int last = 0;
        for (int number = atLeast + 1; number <= lines.Count + 1; number++)
        {
            Operation operation = _session!.Next(writer, number);
            begun.Add((number, operation));
            candidate.Apply(operation);
            if (candidate.DifferenceTo(mine) is null)
            {
                match = new Model(candidate);
                last = number;
            }
        }

        foreach ((int number, Operation operation) in begun.Where(entry => entry.Number <= last))
        {
            shared.Possible(operation, number <= lines.Count ? lines[number - 1] : null, $"writer {writer}, operation {number}");
        }

        found = match ?? found;
        return match is null ? difference : null;
    }

    /// <summary>The writer whose own id it is; -1 for a shared id. Side collections are writer 0's.</summary>
    private static int OwnerOf(string id)
    {
        if (Workload.IsShared(id))
        {
            return -1;
        }

        return id.StartsWith("side-", StringComparison.Ordinal) ? 0
            : id[0] == 'w' && int.TryParse(id.AsSpan(1, id.IndexOf('-', StringComparison.Ordinal) - 1), out int writer) ? writer
            : int.MaxValue;
    }
}
