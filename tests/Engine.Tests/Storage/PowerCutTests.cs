using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>
/// R4 and R6 of the reliability table: a scripted workload is cut at every operation on the file system, and again during the recovery; the oracle is a
/// dictionary of what was acknowledged.
/// </summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const int ImagesPerCut = 3;

    /// <summary>Small files, so that segments rotate and chunks follow each other.</summary>
    private static readonly DatabaseOptions Small = new() { IndexingThreads = 1, SegmentBytes = 4096, ChunkBytes = 4096, CompactionGarbageRatio = 1 };

    private static readonly PowerCut<Oracle> s_cut = new(Small, RunWorkload, Check);

    [Fact]
    public void Whatever_was_acknowledged_survives_a_cut_at_every_operation()
    {
        int total = s_cut.CountOperations();
        int states = 0;
        for (int cut = 1; cut <= total; cut++)
        {
            for (int image = 0; image < ImagesPerCut; image++)
            {
                int seed = (cut * 31) + image;
                string? lost = s_cut.CutAndCheck(cut, seed, syncsLie: false);
                Assert.True(lost is null, $"cut at operation {cut}, seed {seed}: {lost}");
                states++;
            }
        }

        output.WriteLine($"{total} operations, {states} states explored, 0 lost");
    }

    [Fact]
    public void The_control_without_syncs_loses_acknowledged_writes()
    {
        int total = s_cut.CountOperations();
        int lost = Enumerable.Range(total / 2, total / 2).Count(cut => s_cut.CutAndCheck(cut, cut, syncsLie: true) is not null);
        output.WriteLine($"{lost} of {total / 2} cuts lost something without syncs");
        Assert.True(lost > 0);
    }

    [Theory]
    [InlineData(ErrorCode.StorageUnavailable)]
    [InlineData(ErrorCode.DiskFull)]
    public void A_failing_call_is_never_acknowledged_and_a_restart_recovers(ErrorCode failure)
    {
        int refused = s_cut.FailEverywhere(failure, _ => { });
        output.WriteLine($"{s_cut.CountOperations()} operations failed one by one with {failure}, {refused} runs refused a call");
        Assert.True(refused > 0);
    }

    private static string? Check(CrashingFileSystem files, Oracle oracle)
    {
        for (int opening = 0; opening < 2; opening++)
        {
            using Database database = Database.Open(files, "/db", null, Small);
            if (!database.TryGetCollection("docs", out Collection? collection))
            {
                return oracle.CollectionAcknowledged ? "the collection is gone" : null;
            }

            if (oracle.Compare(collection) is { } difference)
            {
                return $"opening {opening}: {difference}";
            }

            collection.WaitForIndex();
            VerifyReport report = collection.Verify();
            if (!report.Ok)
            {
                return $"opening {opening}: {report.Findings[0].Message}";
            }

            collection.Upsert("after", [1, 1]); // the log goes on
            oracle.Ignore("after");
        }

        return null;
    }

    private static void RunWorkload(CrashingFileSystem files, Oracle oracle)
    {
        for (int session = 0; session < 2; session++)
        {
            using Database database = Database.Open(files, "/db", null, Small);
            Collection collection = database.GetOrCreateCollection("docs", CollectionOptions.Create(null, Metric.L2));
            oracle.CollectionAcknowledged = true;
            for (int i = 0; i < 6; i++)
            {
                string id = $"r{i % 4}";
                oracle.Put(id, [session, i], () => collection.Upsert(id, [session, i]));
            }

            oracle.Batch(
                [("b1", [session, 1]), ("b2", [session, 2]), ("r1", [session, 3])],
                records => collection.UpsertBatch([.. records.Select(record => new VectorRecord(record.Id, record.Vector) { Document = new string('d', 700) })]));
            oracle.Delete("r2", () => collection.Delete("r2"));
            collection.WaitForIndex();
            collection.Checkpoint();
            oracle.Put("r2", [session, 50], () => collection.Upsert("r2", [session, 50]));
            oracle.Delete("r3", () => collection.Delete("r3"));
            oracle.Put("big", [session, 99], () => collection.Upsert("big", [session, 99], document: new string('x', 3000)));
            if (session == 0)
            {
                continue;
            }

            collection.Compact();
            oracle.Put("r1", [session, 51], () => collection.Upsert("r1", [session, 51]));
            oracle.Delete("b2", () => collection.Delete("b2"));
            collection.Compact();
            oracle.Put("r3", [session, 52], () => collection.Upsert("r3", [session, 52]));
        }
    }

    /// <summary>What was acknowledged, and what was being written when everything ended: that may be there wholly or not at all.</summary>
    private sealed class Oracle
    {
        private readonly Dictionary<string, float[]> _acknowledged = [];
        private readonly HashSet<string> _ignored = [];
        private Dictionary<string, float[]?>? _inFlight;

        public bool CollectionAcknowledged { get; set; }

        public void Ignore(string id) => _ignored.Add(id);

        public void Put(string id, float[] vector, Action write) => Run(new() { [id] = vector }, write);

        public void Delete(string id, Action write) => Run(new() { [id] = null }, write);

        public void Batch((string Id, float[] Vector)[] records, Action<(string Id, float[] Vector)[]> write) =>
            Run(records.ToDictionary(record => record.Id, record => (float[]?)record.Vector), () => write(records));

        public string? Compare(Collection collection)
        {
            var actual = collection.List(new ListOptions { Limit = 1000 }).Records
                .Where(record => !_ignored.Contains(record.Id))
                .ToDictionary(record => record.Id, record => record.Vector!);
            if (Same(_acknowledged, actual))
            {
                return null;
            }

            if (_inFlight is not null)
            {
                var after = new Dictionary<string, float[]>(_acknowledged);
                Apply(after, _inFlight);
                if (Same(after, actual))
                {
                    return null;
                }
            }

            return $"expected {Show(_acknowledged)}, found {Show(actual)}";
        }

        private void Run(Dictionary<string, float[]?> change, Action write)
        {
            _inFlight = change;
            write();
            Apply(_acknowledged, change);
            _inFlight = null;
        }

        private static void Apply(Dictionary<string, float[]> state, Dictionary<string, float[]?> change)
        {
            foreach ((string id, float[]? vector) in change)
            {
                if (vector is null)
                {
                    state.Remove(id);
                }
                else
                {
                    state[id] = vector;
                }
            }
        }

        private static bool Same(Dictionary<string, float[]> left, Dictionary<string, float[]> right) =>
            left.Count == right.Count && left.All(entry => right.TryGetValue(entry.Key, out float[]? other) && entry.Value.SequenceEqual(other));

        private static string Show(Dictionary<string, float[]> state) =>
            string.Join(" ", state.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}=[{string.Join(",", entry.Value)}]"));
    }
}
