using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>Files lose their handles when there are too many, and nobody notices.</summary>
public sealed class FileHandleTests(ITestOutputHelper output)
{
    private const int Limit = 16;

    [Fact]
    public void Many_files_share_few_handles()
    {
        using var directory = new TemporaryDirectory();
        var files = new DiskFileSystem(Limit);
        List<IFile> open = [];
        for (int number = 0; number < 200; number++)
        {
            IFile file = files.Open(Path.Combine(directory.Path, $"{number}"), OpenMode.CreateNew);
            file.Write(BitConverter.GetBytes(number), 0);
            open.Add(file);
        }

        Assert.InRange(files.Handles.Open, 1, Limit);
        Assert.InRange(HandlesBelow(directory.Path), 1, Limit);
        for (int number = 0; number < 200; number += 3)
        {
            Assert.Equal(number, ReadNumber(open[number]));
            open[number].Write(BitConverter.GetBytes(-number), 0);
            open[number].Sync();
        }

        Assert.InRange(HandlesBelow(directory.Path), 1, Limit);
        Assert.All(Enumerable.Range(0, 200), number => Assert.Equal(number % 3 == 0 ? -number : number, ReadNumber(open[number])));
        open.ForEach(file => file.Dispose());
        Assert.Equal(0, files.Handles.Open);
        Assert.Equal(0, HandlesBelow(directory.Path));
        Assert.Throws<ObjectDisposedException>(() => open[0].Length);
    }

    [Fact]
    public unsafe void A_map_outlives_the_handle_and_shows_later_writes()
    {
        using var directory = new TemporaryDirectory();
        var files = new DiskFileSystem(Limit);
        using IFile mapped = files.Open(Path.Combine(directory.Path, "mapped"), OpenMode.CreateNew);
        mapped.SetLength(4096);
        using IMapping map = mapped.Map(4096);
        Crowd(files, directory.Path, () => Assert.False(HasHandle(mapped.Path)));
        mapped.Write([42], 100);
        Assert.Equal(42, map.Address[100]);
    }

    [Fact]
    public void A_file_whose_name_has_gone_is_never_confused_with_its_successor()
    {
        using var directory = new TemporaryDirectory();
        var files = new DiskFileSystem(Limit);
        string path = Path.Combine(directory.Path, "name");
        string moved = Path.Combine(directory.Path, "moved");
        using IFile deleted = Create(files, path, 1);
        files.DeleteFile(path);
        using IFile replaced = Create(files, path, 2);
        using IFile winner = Create(files, moved, 3);
        Crowd(files, directory.Path, () => Assert.False(HasHandle(moved))); // its handle is taken before it moves
        files.Rename(moved, path);
        using IFile latest = Create(files, moved, 4);
        Crowd(files, directory.Path, () => { });

        Assert.Equal(1, ReadNumber(deleted));
        Assert.Equal(2, ReadNumber(replaced));
        Assert.Equal(3, ReadNumber(winner));
        Assert.Equal(4, ReadNumber(latest));
        using IFile again = files.Open(path, OpenMode.Read);
        Assert.Equal(3, ReadNumber(again));
        files.DeleteDirectory(directory.Path);
        Assert.Equal(4, ReadNumber(latest));
        Directory.CreateDirectory(directory.Path);
    }

    [Fact]
    public async Task Readers_and_writers_never_notice_that_handles_come_and_go()
    {
        const int Files = 60;
        using var directory = new TemporaryDirectory();
        var files = new DiskFileSystem(Limit);
        IFile[] open = [.. Enumerable.Range(0, Files).Select(number => Create(files, Path.Combine(directory.Path, $"{number}"), 0))];
        var written = new int[Files];
        Task[] work = [.. Enumerable.Range(0, 6).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (int step = 0; step < 3_000; step++)
            {
                int number = random.Next(Files);
                if (worker < 2 && number % 2 == worker) // one writer a file
                {
                    open[number].Write(BitConverter.GetBytes(step), 0);
                    Volatile.Write(ref written[number], step);
                    if (step % 7 == 0)
                    {
                        open[number].Sync();
                    }
                }
                else
                {
                    int least = Volatile.Read(ref written[number]);
                    Assert.InRange(ReadNumber(open[number]), least, int.MaxValue);
                    Assert.Equal(4, open[number].Length);
                }
            }
        }))];
        await Task.WhenAll(work);

        Assert.InRange(files.Handles.Open, 1, Limit + work.Length);
        Assert.All(Enumerable.Range(0, Files), number => Assert.Equal(written[number], ReadNumber(open[number])));
        Array.ForEach(open, file => file.Dispose());
        Assert.Equal(0, HandlesBelow(directory.Path));
    }

    [Fact]
    [Trait("Tier", "Long")]
    public void A_database_of_a_thousand_collections_keeps_few_files_open() => FewFilesAreOpen(1_000, maxOpenFiles: 64);

    [Fact]
    public void A_database_of_many_collections_keeps_few_files_open() => FewFilesAreOpen(100, maxOpenFiles: 16);

    private void FewFilesAreOpen(int collections, int maxOpenFiles)
    {
        using var directory = new TemporaryDirectory();
        var options = new DatabaseOptions { MaxOpenFiles = maxOpenFiles, IndexingThreads = 1, Durability = Durability.OperatingSystem, ChunkBytes = 4096 };
        using (Database database = Database.Open(directory.Path, options))
        {
            for (int number = 0; number < collections; number++)
            {
                database.GetOrCreateCollection($"c{number}").Upsert("id", [number, 1]);
            }

            Assert.InRange(HandlesBelow(directory.Path), 1, options.MaxOpenFiles + 1); // the lock file is not one of them
            AssertComplete(database, collections);
        }

        Assert.Equal(0, HandlesBelow(directory.Path));
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        using Database again = Database.Open(directory.Path, options);
        Assert.Equal(collections, again.ListCollections().Count);
        TimeSpan opened = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        long before = Environment.WorkingSet;
        AssertComplete(again, collections);
        output.WriteLine($"{collections} collections: database open in {opened.TotalMilliseconds:F0} ms, all of them used after {System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms, {(Environment.WorkingSet - before) / collections} bytes of memory each, {HandlesBelow(directory.Path)} handles");
        Assert.InRange(HandlesBelow(directory.Path), 1, options.MaxOpenFiles + 1);
    }

    private static void AssertComplete(Database database, int collections)
    {
        for (int number = 0; number < collections; number++)
        {
            Collection collection = database.GetCollection($"c{number}");
            Assert.Equal([number, 1], collection.Get("id")!.Vector!);
            Assert.Equal("id", Assert.Single(collection.Search([number, 1], 1)).Id);
        }
    }

    private static IFile Create(DiskFileSystem files, string path, int number)
    {
        IFile file = files.Open(path, OpenMode.CreateNew);
        file.Write(BitConverter.GetBytes(number), 0);
        return file;
    }

    /// <summary>Uses so many other files that idle ones lose their handles.</summary>
    private static void Crowd(DiskFileSystem files, string directory, Action meanwhile)
    {
        Thread.Sleep(30); // the age of a use is measured in ticks of about 10 ms
        string crowd = Path.Combine(directory, Guid.NewGuid().ToString("n"));
        List<IFile> others = [.. Enumerable.Range(0, Limit * 3).Select(number => Create(files, $"{crowd}-{number}", number))];
        meanwhile();
        others.ForEach(file => file.Dispose());
    }

    private static int ReadNumber(IFile file)
    {
        var bytes = new byte[4];
        Assert.Equal(4, file.Read(bytes, 0));
        return BitConverter.ToInt32(bytes);
    }

    private static bool HasHandle(string path) => OpenHandles.Targets().Contains(path);

    private static int HandlesBelow(string directory) => OpenHandles.Below(directory);
}
