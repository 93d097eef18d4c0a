using Hypervex.Engine.Tests.Metadata;
using Hypervex.Engine.Tests.Storage;
using Hypervex.Fields;

namespace Hypervex.Engine.Tests.Fields;

/// <summary>
/// One seed: a collection of random records under random field indexes on files that lose power. Records come, change, move and go between checkpoints, while they are
/// written, and behind them; after each cut all filters are compared with the evaluator before anything could be built in the background.
/// Thread safety: none.
/// </summary>
internal sealed class StoredFieldIndexRun : IDisposable
{
    private const int Ids = 80;
    private const int Cuts = 3;

    private static readonly string[] s_fields = ["a", "b", "a.b", "tags", "year", "é", "place"];
    private static readonly FieldIndexType[] s_types = Enum.GetValues<FieldIndexType>();

    private readonly DatabaseOptions _options;
    private readonly IndexType _index;
    private readonly RandomMetadata _random;
    private readonly RandomFilter _filters;
    private readonly SortedDictionary<string, MetadataObject> _model = new(StringComparer.Ordinal);
    private readonly int _seed;
    private CrashingFileSystem _files = new();
    private Database _database;
    private Collection _collection;

    public StoredFieldIndexRun(int seed)
    {
        _seed = seed;
        _random = new RandomMetadata(seed);
        _filters = new RandomFilter(_random);
        _options = new DatabaseOptions
        {
            IndexingThreads = 1,
            CompactionGarbageRatio = 1,
            SegmentBytes = 16 << 10,
            ChunkBytes = 4 << 10,
            RowAccess = seed % 3 == 0 ? RowAccess.Memory : RowAccess.Map,
        };
        _index = seed / 4 % 6 == 0 ? IndexType.Hnsw : IndexType.Flat;
        _database = Database.Open(_files, "/db", null, _options);
        _collection = _database.CreateCollection("docs", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 2, Metric = Metric.L2, Index = new HnswOptions { Type = _index } } },
        });
    }

    private Random Chance => _random.Chance;

    /// <summary>Indexes that openings took over.</summary>
    public long Loaded { get; private set; }

    /// <summary>Checkpoints that held indexes, and beside which records changed.</summary>
    public long Checkpoints { get; private set; }

    public void All()
    {
        for (int cut = 0; cut < Cuts; cut++)
        {
            for (int step = 0; step < 6; step++)
            {
                Step();
            }

            Checkpoint();
            Write(Chance.Next(30));
            if (Chance.Next(4) == 0)
            {
                ChangeIndexes();
            }

            Cut();
            Compare($"cut {cut}");
            _collection.WaitForFieldIndexes();
            Compare($"cut {cut}, built");
        }
    }

    public void Dispose() => _database.Dispose();

    private void Step()
    {
        switch (Chance.Next(8))
        {
            case 0:
                ChangeIndexes();
                break;
            case 1:
                Checkpoint();
                break;
            case 2:
                Checkpoint();
                _collection.Compact();
                break;
            case 3:
                foreach (string id in _model.Keys.Where(_ => Chance.Next(2) == 0).ToArray()) // so that compactions move rows
                {
                    Delete(id);
                }

                break;
            default:
                Write(Chance.Next(40));
                break;
        }
    }

    /// <summary>Records change whenever the checkpoint begins a file, and sometimes indexes do.</summary>
    private void Checkpoint()
    {
        _collection.WaitForFieldIndexes();
        bool changes = false;
        _files.Creating = path =>
        {
            if (path.EndsWith(".snap", StringComparison.Ordinal))
            {
                Action<string>? again = _files.Creating;
                _files.Creating = null;
                changes |= path.Contains("values.", StringComparison.Ordinal);
                Write(Chance.Next(12));
                if (Chance.Next(12) == 0)
                {
                    ChangeIndexes();
                }

                _files.Creating = again;
            }
        };
        _collection.Checkpoint();
        _files.Creating = null;
        Checkpoints += changes ? 1 : 0;
    }

    private void ChangeIndexes()
    {
        string field = s_fields[Chance.Next(s_fields.Length)];
        if (Chance.Next(4) == 0)
        {
            _collection.DropFieldIndex(field);
        }
        else
        {
            _collection.CreateFieldIndex(field, s_types[Chance.Next(s_types.Length)]);
        }
    }

    private void Write(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            string id = $"r{Chance.Next(Ids)}";
            switch (Chance.Next(5))
            {
                case 0:
                    Delete(id);
                    break;
                case 1 or 2 when _model.ContainsKey(id):
                    _model[id] = _random.Object(levels: 3); // the same vector: the record keeps its slot
                    _collection.Update(id, new RecordUpdate { Metadata = _model[id], MetadataMode = MetadataMode.Replace });
                    break;
                case 3:
                    List<VectorRecord> batch = [.. Enumerable.Range(0, Chance.Next(1, 9)).Select(_ => New($"r{Chance.Next(Ids)}")).DistinctBy(record => record.Id)];
                    _collection.UpsertBatch(batch);
                    batch.ForEach(record => _model[record.Id] = record.Metadata!);
                    break;
                default:
                    VectorRecord one = New(id);
                    _collection.Upsert(one);
                    _model[id] = one.Metadata!;
                    break;
            }
        }
    }

    private void Delete(string id)
    {
        _collection.Delete(id);
        _model.Remove(id);
    }

    private VectorRecord New(string id) => new(id, [Chance.Next(1_000), Chance.Next(1_000)]) { Metadata = _random.Object(levels: 3) };

    /// <summary>The power goes, and comes back.</summary>
    private void Cut()
    {
        CrashingFileSystem image = _files.CrashImage((_seed * Cuts) + _model.Count);
        _database.Dispose();
        _files = image;
        _database = Database.Open(_files, "/db", null, _options);
        _collection = _database.GetCollection("docs");
        if (_collection.Recovery.CheckpointProblem is { } problem)
        {
            throw new InvalidOperationException($"the checkpoint was passed over: {problem}");
        }

        Loaded += _collection.Partition.FieldIndexes.All.Count(index => index.IsSaved);
    }

    /// <summary>The filter as it is meant with the fields that are declared as datetime; null when it orders such a field and what is no date.</summary>
    private Filter? Bound(Filter filter)
    {
        try
        {
            return _collection.Partition.FieldIndexes.Bind(filter);
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.InvalidFilter)
        {
            return null;
        }
    }

    private void Compare(string where)
    {
        for (int i = 0; i < 24; i++)
        {
            if (Bound(_filters.Next(levels: i % 4)) is not { } filter)
            {
                continue;
            }

            string[] expected = [.. _model.Where(pair => filter.Matches(pair.Value)).Select(pair => pair.Key)];
            string[] found = [.. _collection.List(new ListOptions { Filter = filter, Limit = 10_000 }).Records.Select(record => record.Id).Order(StringComparer.Ordinal)];
            if (!expected.SequenceEqual(found) || _collection.CountWhere(filter) != expected.Length)
            {
                throw new InvalidOperationException($"{where}, filter {i}: {filter} finds {string.Join(' ', found)}, expected {string.Join(' ', expected)}");
            }
        }
    }
}
