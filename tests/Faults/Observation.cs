using Hypervex.FaultDriver;

namespace Hypervex.Faults.Tests;

/// <summary>
/// What an open database says it holds, asked in every way there is: list, get, count, search and verify must agree. Side collections
/// appear as keys of their names.
/// </summary>
internal sealed class Observation
{
    private const int Probes = 12;

    private readonly Random _random;

    private Observation(long seed) => _random = Chance.From(seed, 77);

    /// <summary>The state of every record that is there.</summary>
    public Dictionary<string, RecordState> States { get; } = new(StringComparer.Ordinal);

    /// <summary>The first disagreement; null when there is none.</summary>
    public string? Problem { get; private set; }

    public static Observation Of(Database database, long seed)
    {
        var observation = new Observation(seed);
        foreach (string name in database.ListCollections())
        {
            Collection collection = database.GetCollection(name);
            if (name == Workload.Collection)
            {
                observation.Read(collection);
            }
            else
            {
                observation.States.Add(name, SideCollection);
            }
        }

        return observation;
    }

    /// <summary>The state of a side collection that exists.</summary>
    public static RecordState SideCollection => new(1, 0);

    private void Read(Collection collection)
    {
        List(collection);
        if (Problem is null)
        {
            long listed = States.Keys.Count(id => !id.StartsWith("side-", StringComparison.Ordinal));
            Expect(collection.Count == listed, $"the count is {collection.Count}, {listed} are listed");
            Get(collection);
            Search(collection);
            collection.WaitForIndex();
            VerifyReport report = collection.Verify();
            Expect(report.Ok, report.Ok ? "" : report.Findings[0].Message);
        }
    }

    private void List(Collection collection)
    {
        string? cursor = null;
        do
        {
            RecordPage page = collection.List(new ListOptions { Limit = Limits.MaxPage, Cursor = cursor });
            foreach (VectorRecord record in page.Records)
            {
                RecordState state = RecordContent.Read(record, out string? problem);
                Expect(problem is null, problem ?? "");
                Expect(States.TryAdd(record.Id, state), $"{record.Id} is listed twice");
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private void Get(Collection collection)
    {
        foreach ((string id, RecordState state) in States.Where(entry => !entry.Key.StartsWith("side-", StringComparison.Ordinal)))
        {
            VectorRecord? record = collection.Get(id);
            Expect(record is not null, $"{id} is listed, but get does not find it");
            Expect(record is null || RecordContent.Read(record, out _) == state, $"{id} is listed as {state}, get says otherwise");
        }
    }

    private void Search(Collection collection)
    {
        string[] ids = [.. States.Keys.Where(id => !id.StartsWith("side-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        for (int probe = 0; probe < Probes && ids.Length > 0; probe++)
        {
            string id = ids[_random.Next(ids.Length)];
            float[] vector = RecordContent.Vector(id, States[id].Stamp);
            SearchHits exact = collection.Search(vector, 5, new SearchOptions { Exact = true });
            Expect(exact.Count == Math.Min(5, ids.Length), $"an exact search of {ids.Length} records found {exact.Count}");
            Expect(exact.Count > 0 && exact[0].Id == id && exact[0].Distance == 0, $"{id} is not the nearest to its own vector");
            foreach (SearchHit hit in exact.Concat(collection.Search(vector, 20)))
            {
                Expect(States.ContainsKey(hit.Id), $"a search found {hit.Id}, which is not listed");
            }
        }
    }

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
        {
            Problem ??= otherwise;
        }
    }
}
