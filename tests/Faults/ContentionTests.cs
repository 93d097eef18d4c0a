using System.Collections.Concurrent;
using Hypervex.FaultDriver;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R14: 16 writers and 16 readers on the same ids, through compactions and checkpoints, until the database is closed under them. Records that nobody touches are seen exactly once
/// by every scroll; every record that is read is one that somebody wrote; what was acknowledged is there afterwards.
/// </summary>
public sealed class ContentionTests(ITestOutputHelper output)
{
    private const int Threads = 16;

    [Fact]
    public void Writers_and_readers_of_the_same_ids_see_no_torn_state_until_the_end() => Run(rounds: 2, seed: 71);

    [Fact]
    [Trait("Tier", "Long")]
    public void Writers_and_readers_of_the_same_ids_see_no_torn_state_for_long() => Run(rounds: 100, seed: 72);

    private void Run(int rounds, long seed)
    {
        using var directory = new TemporaryDirectory();
        var oracle = new Oracle();
        string[] anchors = WriteAnchors(directory["db"], oracle, seed);
        long reads = 0;
        for (int round = 1; round <= rounds; round++)
        {
            reads += RunOne(directory["db"], oracle, seed, round + 1, anchors);
            using Database again = Database.Open(directory["db"]);
            string? difference = oracle.Compare(again);
            Assert.True(difference is null, $"seed {seed}, round {round}: {difference}");
        }

        string figures = $"{rounds} closings, {oracle.Acknowledgements} acknowledged writes, {reads} reads, 0 torn, 0 lost";
        output.WriteLine($"seed {seed}: {figures}");
        Assert.True(reads > rounds * Threads);
        ReliabilityReport.Write("R14", rounds >= 100, "16 writers, 16 readers, close", seed, figures);
    }

    private static string[] WriteAnchors(string path, Oracle oracle, long seed)
    {
        var workload = new Workload { Seed = seed, Writers = 1, OwnIds = 300, SharedPercent = 0, CreatesCollections = false };
        oracle.Begin(workload);
        using Database database = Database.Open(path);
        var runner = new OperationRunner(database);
        for (int number = 1; number <= 60; number++)
        {
            oracle.Acknowledge(runner.Run(0, number, workload.Next(0, number)));
        }

        Assert.Null(oracle.Compare(database));
        return [.. Observation.Of(database, seed).States.Keys.Where(id => !Workload.IsShared(id))];
    }

    private static long RunOne(string path, Oracle oracle, long seed, int session, string[] anchors)
    {
        var workload = new Workload { Seed = seed, Session = session, Writers = Threads, SharedIds = 24, SharedPercent = 100, CreatesCollections = false };
        oracle.Begin(workload);
        Database database = Database.Open(path, new DatabaseOptions
        {
            Durability = session % 2 == 0 ? Durability.Fsync : Durability.OperatingSystem,
            SegmentBytes = 128 << 10, // so that compaction has something to do
        });
        var runner = new OperationRunner(database);
        Collection collection = database.GetCollection(Workload.Collection);
        var failures = new ConcurrentQueue<Exception>();
        long reads = 0;
        Thread[] threads =
        [
            .. Enumerable.Range(0, Threads).Select(writer => new Thread(() => UntilClosed(failures, number =>
                oracle.Acknowledge(runner.Run(writer, number, workload.Next(writer, number)))))),
            .. Enumerable.Range(0, Threads).Select(reader => new Thread(() => UntilClosed(failures, number =>
            {
                Read(collection, Chance.From(seed + session, reader, number), anchors);
                Interlocked.Increment(ref reads);
            }))),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Thread.Sleep(1000);
        SpinWait.SpinUntil(() => Interlocked.Read(ref reads) > 2 * Threads || !failures.IsEmpty, TimeSpan.FromMinutes(2)); // a busy machine may take longer
        database.Dispose();
        Array.ForEach(threads, thread => thread.Join());
        Assert.Empty(failures);
        return reads;
    }

    private static void Read(Collection collection, Random random, string[] anchors)
    {
        string shared = $"shared-{random.Next(24)}";
        switch (random.Next(10))
        {
            case < 6 when collection.Get(shared) is { } record:
                Check(record);
                break;
            case < 9:
                SearchHits hits = collection.Search(RecordContent.Vector(shared, random.Next()), 30, new SearchOptions { Include = Include.All });
                Assert.Equal(hits.Count, hits.Select(hit => hit.Id).Distinct().Count());
                Assert.All(hits, hit => Check(hit.Record!));
                break;
            default:
                Scroll(collection, random.Next(5, 60), anchors);
                break;
        }
    }

    private static void Scroll(Collection collection, int limit, string[] anchors)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            RecordPage page = collection.List(new ListOptions { Limit = limit, Cursor = cursor });
            foreach (VectorRecord record in page.Records)
            {
                Check(record);
                seen[record.Id] = seen.GetValueOrDefault(record.Id) + 1;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.All(anchors, id => Assert.Equal(1, seen.GetValueOrDefault(id)));
    }

    private static void Check(VectorRecord record)
    {
        RecordContent.Read(record, out string? problem);
        Assert.Null(problem);
    }

    private static void UntilClosed(ConcurrentQueue<Exception> failures, Action<int> call)
    {
        try
        {
            for (int number = 1; ; number++)
            {
                call(number);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or HypervexException { Code: ErrorCode.Closed })
        {
            // as intended
        }
        catch (Exception exception)
        {
            failures.Enqueue(exception);
        }
    }
}
