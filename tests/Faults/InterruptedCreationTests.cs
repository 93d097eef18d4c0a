using System.Text;
using Hypervex.Engine.Tests.Storage;
using Hypervex.Storage;

namespace Hypervex.Faults.Tests;

/// <summary>A creation is cut at every call; the collection is created anew and written; then <c>database.json</c> is damaged.</summary>
public sealed class InterruptedCreationTests
{
    private const string Root = "/db";

    [Fact]
    public void A_collection_is_never_confused_with_an_interrupted_creation_of_its_name()
    {
        var clean = new CrashingFileSystem();
        using (Database database = Database.Open(clean, Root, null, null))
        {
            database.CreateCollection("docs", CollectionOptions.Create(2));
        }

        for (int cut = 1; cut <= clean.Operations; cut++)
        {
            for (int seed = 0; seed < 4; seed++)
            {
                CrashingFileSystem files = CutCreation(cut, seed);
                using (Database database = Database.Open(files, Root, null, null))
                {
                    database.GetOrCreateCollection("docs", CollectionOptions.Create(2)).Upsert("a", [1, 2]);
                }

                Damage(files);
                using Database again = Database.Open(files, Root, null, null);
                Assert.Equal(1, again.GetCollection("docs").Count);
            }
        }
    }

    private static CrashingFileSystem CutCreation(int cut, int seed)
    {
        var files = new CrashingFileSystem();
        using (Database.Open(files, Root, null, null))
        {
        }

        files.FailAt = files.Operations + cut;
        try
        {
            using Database database = Database.Open(files, Root, null, null);
            database.CreateCollection("docs", CollectionOptions.Create(2));
        }
        catch (CrashingFileSystem.ProcessEndedException)
        {
            // as intended
        }

        return files.CrashImage(seed);
    }

    private static void Damage(CrashingFileSystem files)
    {
        using IFile file = files.Open(DatabasePaths.DatabaseFile(Root), OpenMode.ReadWrite);
        file.Write(Encoding.ASCII.GetBytes("#"), 5);
    }
}
