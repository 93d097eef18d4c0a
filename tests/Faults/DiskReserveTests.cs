using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>R7: with a reserve, a full disk stops records only: deletions and checkpoints have room.</summary>
public sealed class DiskReserveTests(ITestOutputHelper output)
{
    private const int DiskMegabytes = 40;
    private const long ReserveBytes = 8 << 20;
    private const int Dimension = 64;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Deletions_and_checkpoints_go_on_when_the_disk_is_full(bool hasReserve)
    {
        if (Mount.WhyNot() is { } reason)
        {
            output.WriteLine($"SKIPPED: {reason}");
            return;
        }

        using var directory = new TemporaryDirectory();
        using Mount disk = Mount.Memory(directory["disk"], DiskMegabytes);
        string filler = Path.Combine(disk.Path, "filler");
        File.WriteAllBytes(filler, new byte[16 << 20]);
        string path = Path.Combine(disk.Path, "db");
        using Database database = Database.Open(path, new DatabaseOptions { DiskReserveBytes = hasReserve ? ReserveBytes : 0, SegmentBytes = 1 << 20, TimeProvider = new HastyTime() });
        Assert.Equal(hasReserve, File.Exists(Path.Combine(path, "reserve")));
        Collection collection = database.CreateCollection("c");
        int written = FillUp(collection);

        Assert.False(File.Exists(Path.Combine(path, "reserve")));
        Assert.NotNull(collection.Get("0"));
        Assert.Equal(5, collection.Search(Vector(1), 5).Count);
        if (!hasReserve)
        {
            File.WriteAllBytes(Path.Combine(disk.Path, "rest"), new byte[Math.Max(0, new DriveInfo(disk.Path).AvailableFreeSpace - 4096)]); // what a batch was too large for
            Assert.Equal(ErrorCode.DiskFull, Assert.Throws<HypervexException>(() => collection.Checkpoint()).Code); // the control
            return;
        }

        for (int number = 0; number < 500; number++)
        {
            Assert.True(collection.Delete($"{number}"));
        }

        Assert.True(collection.Checkpoint());
        Assert.Equal(ErrorCode.DiskFull, Assert.Throws<HypervexException>(() => collection.Upsert("more", Vector(1))).Code);
        File.Delete(filler);
        collection.Upsert("more", Vector(1));
        Assert.True(File.Exists(Path.Combine(path, "reserve")));
        Assert.Equal(written - 500 + 1, collection.Count);
        Assert.Empty(collection.Verify().Findings);
    }

    private static int FillUp(Collection collection)
    {
        int written = 0;
        try
        {
            while (true)
            {
                collection.UpsertBatch([.. Enumerable.Range(written, 100).Select(number => new VectorRecord($"{number}", Vector(number)))]);
                written += 100;
            }
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.DiskFull)
        {
        }

        return written;
    }

    private static float[] Vector(int number)
    {
        var random = new Random(number);
        return [.. Enumerable.Range(0, Dimension).Select(_ => random.NextSingle())];
    }

    /// <summary>A second passes from one look at the clock to the next.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long _now;

        public override long GetTimestamp() => Interlocked.Add(ref _now, 2 * TimestampFrequency);
    }
}
