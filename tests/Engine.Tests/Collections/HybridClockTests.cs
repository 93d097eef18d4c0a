using Hypervex.Collections;
using Hypervex.Engine.Tests.Storage;

namespace Hypervex.Engine.Tests.Collections;

public sealed class HybridClockTests
{
    private const ulong Node = 7;

    [Fact]
    public void So_many_readings_are_taken_at_once()
    {
        var clock = new HybridClock(new ManualTime(), Node);
        RecordVersion first = clock.Next(1000, out _);
        Assert.Equal(first.Clock + 1000, clock.Next(out _).Clock);
    }

    [Fact]
    public void An_older_reading_does_not_set_it_back_and_a_newer_one_does_not_repeat()
    {
        var clock = new HybridClock(new ManualTime(), Node);
        RecordVersion now = clock.Next(out _);
        clock.Observe(now.Clock - 5);
        Assert.Equal(now.Clock + 1, clock.Next(out _).Clock);
        clock.Observe(now.Clock + 100);
        Assert.Equal(now.Clock + 101, clock.Next(out _).Clock);
    }

    [Fact]
    public void Versions_go_on_above_those_of_a_checkpoint_when_the_clock_was_set_back()
    {
        using var directory = new TemporaryDirectory();
        var time = new ManualTime();
        var options = new DatabaseOptions { TimeProvider = time };
        using (Database database = Database.Open(directory.Path, options))
        {
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
            collection.Upsert("r1", [1, 2]);
            Assert.True(collection.Checkpoint());
        }

        time.AdvanceWithoutTimers(TimeSpan.FromHours(-1));
        using (Database database = Database.Open(directory.Path, options))
        {
            Collection collection = database.GetCollection("docs");
            RecordVersion before = collection.Get("r1")!.Version;
            Ack ack = collection.Update("r1", new RecordUpdate { Document = "later" });
            Assert.True(ack.Version > before);
            Assert.Equal("later", collection.Get("r1")!.Document);
        }
    }

    [Fact]
    public async Task No_reading_is_given_twice_while_others_are_observed()
    {
        const int Readings = 200_000;
        var clock = new HybridClock(new ManualTime(), Node);
        ulong seen = 0;
        using var stop = new CancellationTokenSource();
        Task observer = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                clock.Observe(Volatile.Read(ref seen));
            }
        });
        ulong last = 0;
        for (int i = 0; i < Readings; i++)
        {
            ulong next = clock.Next(out _).Clock;
            Assert.True(next > last, $"{next} came after {last}");
            Volatile.Write(ref seen, last = next);
        }

        await stop.CancelAsync();
        await observer;
    }
}
