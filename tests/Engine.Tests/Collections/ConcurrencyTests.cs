using System.Collections.Concurrent;

namespace Hypervex.Engine.Tests.Collections;

public sealed class ConcurrencyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Of_sixteen_concurrent_creations_of_one_id_one_succeeds()
    {
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        for (int round = 0; round < 20; round++)
        {
            int created = 0;
            int refused = 0;
            string id = $"id{round}";
            RunTogether(16, writer =>
            {
                try
                {
                    collection.Insert(new VectorRecord(id, [writer, round]));
                    Interlocked.Increment(ref created);
                }
                catch (HypervexException exception) when (exception.Code == ErrorCode.AlreadyExists)
                {
                    Interlocked.Increment(ref refused);
                }
            });
            Assert.Equal((1, 15), (created, refused));
        }
    }

    [Fact]
    public void Writers_of_the_same_ids_leave_the_last_acknowledged_version_of_each()
    {
        var latest = new ConcurrentDictionary<string, (RecordVersion Version, float Value, bool Deleted)>();
        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(4, Metric.L2));
            RunTogether(8, writer =>
            {
                var random = new Random(writer);
                for (int i = 0; i < 300; i++)
                {
                    string id = $"r{random.Next(40)}";
                    float value = (writer * 1000) + i;
                    Ack ack = collection.Upsert(id, [value, 0, 0, 0]);
                    latest.AddOrUpdate(id, (ack.Version, value, false), (_, old) => ack.Version > old.Version ? (ack.Version, value, false) : old);
                }
            });
            Compare(collection);
        }

        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.GetCollection("docs");
            Compare(collection);
            Assert.Empty(collection.Verify().Findings);
        }

        void Compare(Collection collection)
        {
            Assert.Equal(latest.Count, collection.Count);
            foreach ((string id, (RecordVersion version, float value, _)) in latest)
            {
                VectorRecord record = collection.Get(id)!;
                Assert.Equal(version, record.Version);
                Assert.Equal(value, record.Vector![0]);
            }
        }
    }

    [Fact]
    public void Concurrent_merges_of_one_record_lose_no_key()
    {
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        collection.Upsert("a", [1]);
        RunTogether(8, writer =>
        {
            for (int i = 0; i < 25; i++)
            {
                collection.Update("a", new RecordUpdate { Metadata = new MetadataObject { [$"k{writer}_{i}"] = i } });
            }
        });
        Assert.Equal(200, collection.Get("a")!.Metadata!.Count);
    }

    [Fact]
    public async Task Asynchronous_and_synchronous_writers_share_groups()
    {
        await using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        Task synchronous = Task.Run(() => RunTogether(4, writer =>
        {
            for (int i = 0; i < 100; i++)
            {
                collection.Upsert($"s{writer}_{i}", [i]);
            }
        }));
        await Task.WhenAll(Enumerable.Range(0, 400).Select(async i => await collection.UpsertAsync(new VectorRecord($"a{i}", [i]))));
        await synchronous;
        Assert.Equal(800, collection.Count);
    }

    [Fact]
    public async Task A_record_that_is_replaced_all_the_time_is_found_by_every_search()
    {
        using Database database = Database.Open(_directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem });
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
        for (int i = 0; i < 20; i++)
        {
            collection.Upsert($"far{i}", [1000 + i, 0]);
        }

        collection.Upsert("moving", [0, 0]);
        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            for (int i = 0; i < 3000; i++)
            {
                collection.Upsert("moving", [i % 10, 0]);
            }

            stop.Cancel();
        });
        do
        {
            SearchHits hits = collection.Search([0, 0], 21);
            Assert.Equal("moving", hits[0].Id);
            Assert.Equal(21, hits.Count);
        }
        while (!stop.IsCancellationRequested); // a writer that ran alone is no failure

        await writer;
    }

    [Fact]
    public async Task A_slot_that_changes_hands_never_lends_its_distance_to_another_record()
    {
        using Database database = Database.CreateInMemory(new DatabaseOptions { IndexingThreads = 1 });
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        for (int i = 0; i < 50; i++)
        {
            collection.Upsert($"at{i}", [i]);
        }

        using var stop = new CancellationTokenSource();
        Task writer = Task.Run(() =>
        {
            for (int i = 0; i < 4000; i++)
            {
                int victim = i % 50;
                collection.Delete($"at{victim + (i / 50 * 50)}");
                collection.Upsert($"at{victim + (((i / 50) + 1) * 50)}", [victim + (((i / 50) + 1) * 50)]);
            }

            stop.Cancel();
        });
        int hits = 0;
        do
        {
            foreach (SearchHit hit in collection.Search([100], 20))
            {
                Assert.Equal(MathF.Abs(int.Parse(hit.Id.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture) - 100), hit.Distance);
                hits++;
            }
        }
        while (!stop.IsCancellationRequested); // a writer that ran alone is no failure

        await writer;
        Assert.True(hits > 0);
        Assert.Equal(50, collection.Count);
    }

    [Fact]
    public async Task Closing_with_searches_and_writes_in_flight_ends_them_and_loses_nothing_acknowledged()
    {
        for (int round = 0; round < 5; round++)
        {
            string path = Path.Combine(_directory.Path, $"round{round}");
            var acknowledged = new ConcurrentBag<string>();
            Database database = Database.Open(path);
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(16, Metric.Cosine));
            collection.UpsertBatch([.. Enumerable.Range(0, 500).Select(i => new VectorRecord($"r{i}", Vector(i)))]);
            using var started = new CountdownEvent(4);
            Task[] tasks =
            [
                .. Enumerable.Range(0, 2).Select(worker => Task.Run(() => UntilClosed(started, i => collection.Search(Vector(i), 10)))),
                .. Enumerable.Range(0, 2).Select(worker => Task.Run(() => UntilClosed(started, i =>
                {
                    string id = $"w{worker}_{i}";
                    collection.Upsert(id, Vector(i));
                    acknowledged.Add(id);
                }))),
            ];
            started.Wait();
            await database.DisposeAsync();
            await Task.WhenAll(tasks);
            Assert.Equal(ErrorCode.Closed, Assert.Throws<HypervexException>(() => collection.Get("r1")).Code);

            using Database again = Database.Open(path);
            Collection reopened = again.GetCollection("docs");
            Assert.All(acknowledged, id => Assert.NotNull(reopened.Get(id)));
        }
    }

    [Fact]
    public void A_cancelled_search_stops()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        collection.Upsert("a", [1]);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => collection.Search([1], 1, new SearchOptions { Exact = true, CancellationToken = cancelled.Token }));
    }

    [Fact]
    public void A_second_opening_is_refused_and_works_after_closing()
    {
        using (Database database = Database.Open(_directory.Path))
        {
            Assert.Equal(ErrorCode.Locked, Assert.Throws<HypervexException>(() => Database.Open(_directory.Path)).Code);
        }

        using Database again = Database.Open(_directory.Path);
        Assert.Empty(again.ListCollections());
    }

    private static float[] Vector(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 16).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static void UntilClosed(CountdownEvent started, Action<int> call)
    {
        try
        {
            for (int i = 0; ; i++)
            {
                call(i);
                if (i == 0)
                {
                    started.Signal();
                }
            }
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Closed)
        {
        }
    }

    private static void RunTogether(int threads, Action<int> body)
    {
        using var barrier = new Barrier(threads);
        var failures = new ConcurrentQueue<Exception>();
        Thread[] all =
        [
            .. Enumerable.Range(0, threads).Select(index => new Thread(() =>
            {
                barrier.SignalAndWait();
                try
                {
                    body(index);
                }
                catch (Exception exception)
                {
                    failures.Enqueue(exception);
                }
            })),
        ];
        Array.ForEach(all, thread => thread.Start());
        Array.ForEach(all, thread => thread.Join());
        Assert.Empty(failures);
    }
}
