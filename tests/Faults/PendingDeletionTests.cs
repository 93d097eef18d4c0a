using Hypervex.Storage;

namespace Hypervex.Faults.Tests;

/// <summary>What is said of a record while its deletion is on its way to the disk.</summary>
public sealed class PendingDeletionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        KillPoint.Arm(null);
        _directory.Dispose();
    }

    [Fact]
    public async Task A_second_deletion_does_not_say_that_the_record_is_gone_before_that_is_durable()
    {
        using var atSync = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        using Database database = Database.Open(_directory.Path);
        Collection collection = database.CreateCollection("docs", CollectionOptions.Create(1, Metric.L2));
        collection.Upsert("a", [1]);
        KillPoint.Arm(place =>
        {
            if (place == KillPlace.BeforeSync)
            {
                atSync.Set();
                goOn.Wait();
            }
        });

        Task<bool> first = Task.Run(() => collection.Delete("a"));
        atSync.Wait();
        Task<bool> second = Task.Run(() => collection.Delete("a"));
        Assert.NotSame(second, await Task.WhenAny(second, Task.Delay(300)));

        goOn.Set();
        Assert.True(await first);
        Assert.False(await second);
    }
}
