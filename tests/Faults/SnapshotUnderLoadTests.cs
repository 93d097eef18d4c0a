using System.Collections.Concurrent;
using Hypervex.FaultDriver;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R11: a snapshot taken while four writers go on is restored into an empty database, into a collection with other content and into one of another
/// dimension; before and after a restart it is what the log held at the snapshot's sequence. Every write is acknowledged with its sequence, so the oracle knows that.
/// </summary>
public sealed class SnapshotUnderLoadTests(ITestOutputHelper output)
{
    private const int WritesMeanwhile = 40;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    [Fact]
    public void A_snapshot_is_the_collection_at_its_sequence() => Run(cycles: 3, seed: 61);

    [Fact]
    [Trait("Tier", "Long")]
    public void A_hundred_snapshots_are_the_collection_at_their_sequences() => Run(cycles: 100, seed: 62);

    [Fact]
    public void The_control_that_freezes_too_late_is_noticed()
    {
        using var directory = new TemporaryDirectory();
        string? difference = Cycle(directory, seed: 63, freezesLate: true, out _, out _);
        output.WriteLine($"frozen too late: {difference}");
        Assert.NotNull(difference);
    }

    private void Run(int cycles, long seed)
    {
        long records = 0;
        long writes = 0;
        for (int cycle = 1; cycle <= cycles; cycle++)
        {
            using var directory = new TemporaryDirectory();
            string? difference = Cycle(directory, seed + cycle, freezesLate: false, out long count, out long meanwhile);
            Assert.True(difference is null, $"seed {seed}, cycle {cycle}: {difference}");
            records += count;
            writes += meanwhile;
        }

        string figures = $"{cycles} cycles, {records} records, {writes} writes while they were taken, 0 differences";
        output.WriteLine($"seed {seed}: {figures}");
        ReliabilityReport.Write("R11", cycles >= 100, "snapshot under load, restored three ways and restarted", seed, figures);
    }

    /// <summary>Returns the first difference; null when there is none.</summary>
    private static string? Cycle(TemporaryDirectory directory, long seed, bool freezesLate, out long records, out long meanwhile)
    {
        var workload = new Workload { Seed = seed, OwnIds = 300, MaxBatch = 80, CreatesCollections = false, SharedPercent = 30 };
        byte[] archive = TakeUnderLoad(directory["db"], workload, freezesLate, out SnapshotReport report, out List<(Operation Operation, Acknowledgement Line)> history, out meanwhile);
        records = report.Records;
        if (!freezesLate && history.Find(entry => IsCut(entry.Operation, entry.Line, report.Sequence)) is { Operation: not null } cut)
        {
            return $"sequence {report.Sequence} is inside of a batch that ends at {cut.Line.Sequence}";
        }

        Dictionary<string, RecordState> expected = StateAt(history, report.Sequence);
        try
        {
            return RestoreThreeWays(directory, archive, expected, workload with { Seed = seed + 1000 });
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.BadSnapshot)
        {
            return exception.Message;
        }
    }

    private static byte[] TakeUnderLoad(
        string directory, Workload workload, bool freezesLate, out SnapshotReport report, out List<(Operation Operation, Acknowledgement Line)> history, out long meanwhile)
    {
        var lines = new ConcurrentQueue<(Operation Operation, Acknowledgement Line)>();
        using Database database = Database.Open(directory, new DatabaseOptions { SegmentBytes = 64 << 10, Durability = Durability.OperatingSystem });
        var runner = new OperationRunner(database);
        bool stop = false;
        Exception? defect = null;
        Thread[] writers =
        [
            .. Enumerable.Range(0, workload.Writers).Select(writer => new Thread(() =>
            {
                try
                {
                    for (int number = 1; !Volatile.Read(ref stop); number++)
                    {
                        Operation operation = workload.Next(writer, number);
                        if (writer > 0 || !Waits(operation.Kind)) // for the snapshot, which waits for the writers here: one must go on
                        {
                            lines.Enqueue((operation, runner.Run(writer, number, operation)));
                        }
                    }
                }
                catch (Exception exception)
                {
                    Volatile.Write(ref defect, exception); // told below: in a thread it would end the test host
                }
            })),
        ];
        Array.ForEach(writers, thread => thread.Start());
        using var target = new MemoryStream();
        try
        {
            WaitForMore(lines, 150);
            int before = lines.Count;
            report = database.GetCollection(Workload.Collection).Snapshot(target, new WaitOnce(() => WaitForMore(lines, WritesMeanwhile)), freezesLate);
            meanwhile = lines.Count - before;
        }
        finally
        {
            Volatile.Write(ref stop, true);
            Array.ForEach(writers, thread => thread.Join());
        }

        Assert.Null(defect);
        history = [.. lines];
        return target.ToArray();
    }

    private static bool Waits(OperationKind kind) => kind is OperationKind.Compact or OperationKind.Checkpoint or OperationKind.Snapshot;

    private static void WaitForMore(ConcurrentQueue<(Operation, Acknowledgement)> lines, int more)
    {
        int goal = lines.Count + more;
        if (!SpinWait.SpinUntil(() => lines.Count >= goal, s_patience))
        {
            throw new TimeoutException("the writers do not go on");
        }
    }

    private static bool IsCut(Operation operation, Acknowledgement line, ulong sequence) =>
        line.Count > 0 && operation.Kind != OperationKind.Delete && line.Sequence > sequence && line.Sequence - (ulong)line.Count < sequence;

    /// <summary>What the operations up to a sequence add up to, in order of sequence.</summary>
    private static Dictionary<string, RecordState> StateAt(List<(Operation Operation, Acknowledgement Line)> history, ulong sequence)
    {
        var states = new Dictionary<string, RecordState>(StringComparer.Ordinal);
        foreach ((Operation operation, _) in history.Where(entry => entry.Line.Count > 0 && entry.Line.Sequence <= sequence).OrderBy(entry => entry.Line.Sequence))
        {
            foreach (string id in operation.Ids)
            {
                if (operation.Kind == OperationKind.Delete)
                {
                    states.Remove(id);
                }
                else
                {
                    states[id] = operation.Kind == OperationKind.ChangeMetadata ? states[id] with { Change = operation.Stamp } : new RecordState(operation.Stamp, 0);
                }
            }
        }

        return states;
    }

    private static string? RestoreThreeWays(TemporaryDirectory directory, byte[] archive, Dictionary<string, RecordState> expected, Workload others)
    {
        string[] places = [directory["empty"], directory["full"]];
        for (int i = 0; i < places.Length; i++)
        {
            using Database database = Database.Open(places[i], new DatabaseOptions { SegmentBytes = 64 << 10 });
            if (i == 1)
            {
                Collection wide = database.CreateCollection("wide", CollectionOptions.Create(RecordContent.Dimension + 1, Metric.L2));
                wide.Upsert("mine", new float[RecordContent.Dimension + 1]);
                var runner = new OperationRunner(database);
                for (int number = 1; number <= 60; number++)
                {
                    runner.Run(0, number, others.Next(0, number));
                }

                HypervexException? refused = Refusal(() => Restore(database, archive, "wide"));
                if (refused?.Code != ErrorCode.BadSnapshot || wide.Count != 1)
                {
                    return "a collection of another dimension was not refused";
                }
            }

            Restore(database, archive, Workload.Collection);
            if (Difference(database, expected) is { } difference)
            {
                return $"restored into {Path.GetFileName(places[i])}: {difference}";
            }
        }

        foreach (string place in places)
        {
            using Database database = Database.Open(place);
            if (Difference(database, expected) is { } difference)
            {
                return $"restored into {Path.GetFileName(place)} and restarted: {difference}";
            }
        }

        return null;
    }

    private static HypervexException? Refusal(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (HypervexException exception)
        {
            return exception;
        }
    }

    private static void Restore(Database database, byte[] archive, string name)
    {
        using var stream = new MemoryStream(archive);
        database.Restore(stream, new RestoreOptions { Collection = name, Replace = true });
    }

    private static string? Difference(Database database, Dictionary<string, RecordState> expected)
    {
        Observation observation = Observation.Of(database, 5);
        Dictionary<string, RecordState> found = observation.States.Where(entry => entry.Key != "wide").ToDictionary(StringComparer.Ordinal);
        if (observation.Problem is { } problem)
        {
            return problem;
        }

        foreach ((string id, RecordState state) in expected)
        {
            if (!found.TryGetValue(id, out RecordState there) || there != state)
            {
                return $"{id} is {(found.ContainsKey(id) ? there : "gone")}, expected {state}";
            }
        }

        return found.Count == expected.Count ? null : $"{found.Count} records, expected {expected.Count}";
    }

    /// <summary>Waits at the first report of progress, when the table is frozen and nothing has been copied.</summary>
    private sealed class WaitOnce(Action wait) : IProgress<SnapshotProgress>
    {
        private bool _done;

        public void Report(SnapshotProgress value)
        {
            if (!_done)
            {
                _done = true;
                wait();
            }
        }
    }
}
