using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>
/// Everything that a collection can do, in random order, compared with a dictionary after each step: writes, deletions, updates, checkpoints, compactions,
/// snapshots and restores, closing and opening, over every metric, index and kind of codes. Files are small, so that segments rotate, chunks follow each other
/// and compactions find something all the time. HYPERVEX_MODEL_SEEDS runs more seeds than the few of every build.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private const int Dimension = 8;
    private const int Ids = 160;
    private const int Operations = 220;

    private static readonly (Metric Metric, IndexType Index, QuantizationKind Codes, RowAccess Rows)[] s_settings =
    [
        (Metric.L2, IndexType.Hnsw, QuantizationKind.None, RowAccess.Map),
        (Metric.Cosine, IndexType.Hnsw, QuantizationKind.Sq8, RowAccess.Map),
        (Metric.L2, IndexType.Hnsw, QuantizationKind.Sq4, RowAccess.Memory),
        (Metric.Dot, IndexType.Hnsw, QuantizationKind.Binary, RowAccess.Map),
        (Metric.Manhattan, IndexType.Flat, QuantizationKind.None, RowAccess.Map),
        (Metric.Hamming, IndexType.Hnsw, QuantizationKind.None, RowAccess.Map),
        (Metric.Hamming, IndexType.Flat, QuantizationKind.None, RowAccess.Memory),
        (Metric.Poincare, IndexType.Hnsw, QuantizationKind.None, RowAccess.Map),
        (Metric.Lorentz, IndexType.Hnsw, QuantizationKind.None, RowAccess.Read),
    ];

    public static TheoryData<int> Seeds
    {
        get
        {
            int count = int.TryParse(Environment.GetEnvironmentVariable("HYPERVEX_MODEL_SEEDS"), out int more) ? more : s_settings.Length;
            return [.. Enumerable.Range(1, count)];
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_collection_is_what_a_dictionary_says(int seed)
    {
        using var run = new Run(seed);
        try
        {
            run.All();
        }
        catch
        {
            output.WriteLine($"seed {seed}: {string.Join(", ", run.Done.TakeLast(30))}");
            throw;
        }
    }

    private sealed class Run : IDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private readonly Random _random;
        private readonly Metric _metric;
        private readonly CollectionOptions _collectionOptions;
        private readonly DatabaseOptions _options;
        private readonly Dictionary<string, (float[] Vector, long Tag, string? Document)> _model = new(StringComparer.Ordinal);
        private readonly List<(string Path, Dictionary<string, (float[] Vector, long Tag, string? Document)> Model)> _snapshots = [];
        private Database _database;
        private Collection _collection;

        public Run(int seed)
        {
            _random = new Random(seed);
            (Metric metric, IndexType index, QuantizationKind codes, RowAccess rows) = s_settings[(seed - 1) % s_settings.Length];
            _metric = metric;
            _options = new DatabaseOptions
            {
                IndexingThreads = 1 + (seed % 2),
                SegmentBytes = 4096 << _random.Next(3),
                ChunkBytes = 4096,
                PieceBytes = 2048,
                RowAccess = rows,
                Durability = (Durability)_random.Next(3),
                CompactionGarbageRatio = seed % 3 == 0 ? 1 : 0.2,
                MaxOpenFiles = 8,
            };
            _collectionOptions = new CollectionOptions
            {
                Vectors = new Dictionary<string, VectorFieldOptions>
                {
                    [""] = new()
                    {
                        Dimension = metric == Metric.Hamming ? 8 * Dimension : Dimension,
                        Metric = metric,
                        Quantization = codes,
                        Index = new HnswOptions { Type = index, M = 2 + _random.Next(8), EfConstruction = 20 },
                    },
                },
            };
            _database = Database.Open(_directory.Path, _options);
            _collection = _database.CreateCollection("docs", _collectionOptions);
        }

        public List<string> Done { get; } = [];

        public void All()
        {
            for (int i = 0; i < Operations; i++)
            {
                Step();
                Compare(whole: i % 10 == 0);
            }

            Reopen();
            Compare(whole: true);
            _collection.WaitForIndex();
            Assert.Empty(_collection.Verify().Findings);
        }

        public void Dispose()
        {
            _database.Dispose();
            _directory.Dispose();
        }

        private void Step()
        {
            switch (_random.Next(20))
            {
                case < 6:
                    Upsert(1);
                    break;
                case < 9:
                    Upsert(2 + _random.Next(60));
                    break;
                case < 12:
                    Delete(1 + _random.Next(40));
                    break;
                case < 14:
                    Update();
                    break;
                case 14:
                    Did("checkpoint");
                    _collection.Checkpoint();
                    break;
                case 15 or 16:
                    Did("compact");
                    _collection.Compact();
                    break;
                case 17:
                    Reopen();
                    break;
                case 18:
                    Snapshot();
                    break;
                default:
                    Restore();
                    break;
            }
        }

        private void Upsert(int count)
        {
            Did($"upsert {count}");
            string[] ids = [.. Enumerable.Range(0, count).Select(_ => $"r{_random.Next(Ids)}").Distinct()];
            _collection.UpsertBatch([.. ids.Select(id =>
            {
                float[] vector = Vector();
                long tag = _random.Next();
                string? document = _random.Next(3) == 0 ? new string('d', _random.Next(300)) : null;
                _model[id] = (vector, tag, document);
                return new VectorRecord(id, vector) { Metadata = new MetadataObject { ["tag"] = tag }, Document = document };
            })]);
        }

        private void Delete(int count)
        {
            Did($"delete {count}");
            string[] ids = [.. Enumerable.Range(0, count).Select(_ => $"r{_random.Next(Ids)}").Distinct()];
            int expected = ids.Count(_model.Remove);
            Assert.Equal(expected, _collection.DeleteBatch(ids).Count);
        }

        private void Update()
        {
            if (_model.Count == 0)
            {
                return;
            }

            Did("update");
            string id = _model.Keys.ElementAt(_random.Next(_model.Count));
            (float[] vector, _, string? document) = _model[id];
            long tag = _random.Next();
            bool replaces = _random.Next(2) == 0;
            vector = replaces ? Vector() : vector;
            _collection.Update(id, new RecordUpdate { Vector = replaces ? vector : null, Metadata = new MetadataObject { ["tag"] = tag } });
            _model[id] = (vector, tag, document);
        }

        private void Reopen()
        {
            if (_random.Next(2) == 0)
            {
                Did("close the collection");
                _database.CloseCollection("docs");
            }
            else
            {
                Did("reopen");
                _database.Dispose();
                _database = Database.Open(_directory.Path, _options);
            }

            _collection = _database.GetCollection("docs");
        }

        private void Snapshot()
        {
            Did("snapshot");
            string path = Path.Combine(_directory.Path, $"snapshot{_snapshots.Count}.hvx");
            Assert.Equal(_model.Count, _collection.Snapshot(path).Records);
            _snapshots.Add((path, new(_model, StringComparer.Ordinal)));
        }

        private void Restore()
        {
            if (_snapshots.Count == 0)
            {
                return;
            }

            (string path, Dictionary<string, (float[], long, string?)> model) = _snapshots[_random.Next(_snapshots.Count)];
            bool isNew = _random.Next(3) == 0;
            Did(isNew ? "restore into a new collection" : "restore");
            if (isNew)
            {
                _database.DropCollection("docs");
            }

            _database.Restore(path, new RestoreOptions { Replace = !isNew });
            _collection = _database.GetCollection("docs");
            _model.Clear();
            foreach ((string id, (float[], long, string?) value) in model)
            {
                _model[id] = value;
            }
        }

        private void Compare(bool whole)
        {
            Assert.Equal(_model.Count, _collection.Count);
            foreach (string id in Enumerable.Range(0, whole ? Ids : 8).Select(i => $"r{(whole ? i : _random.Next(Ids))}"))
            {
                VectorRecord? record = _collection.Get(id);
                Assert.Equal(_model.ContainsKey(id), record is not null);
                if (record is not null)
                {
                    AssertIs(_model[id], record);
                }
            }

            if (whole)
            {
                VectorRecord[] listed = [.. _collection.List(new ListOptions { Limit = Ids }).Records];
                Assert.Equal(_model.Keys.Order(StringComparer.Ordinal), listed.Select(record => record.Id).Order(StringComparer.Ordinal));
            }

            float[] query = Vector();
            int k = 1 + _random.Next(20);
            SearchHit[] exact = [.. _collection.Search(query, k, new SearchOptions { Exact = true })];
            Assert.Equal(Math.Min(k, _model.Count), exact.Length);
            double[] distances = [.. _model.Values.Select(value => Distance(query, value.Vector)).Order().Take(k)];
            for (int i = 0; i < exact.Length; i++)
            {
                Assert.True(Math.Abs(distances[i] - exact[i].Distance) < 1e-4, $"hit {i} of {k} is {exact[i].Id} at {exact[i].Distance}, expected a distance of {distances[i]}");
                Assert.True(Math.Abs(Distance(query, _model[exact[i].Id].Vector) - exact[i].Distance) < 1e-4);
            }

            SearchHit[] walked = [.. _collection.Search(query, k, new SearchOptions { Ef = 200 })];
            Assert.Equal(exact.Length, walked.Length);
            Assert.Equal(walked.Length, walked.Select(hit => hit.Id).Distinct().Count());
            Assert.All(walked, hit => Assert.True(Math.Abs(Distance(query, _model[hit.Id].Vector) - hit.Distance) < 1e-4, $"{hit.Id} at {hit.Distance}"));
        }

        private static void AssertIs((float[] Vector, long Tag, string? Document) expected, VectorRecord record)
        {
            Assert.Equal(expected.Vector, record.Vector);
            Assert.Equal(expected.Tag, record.Metadata!["tag"].AsInteger());
            Assert.Equal(expected.Document, record.Document);
        }

        private float[] Vector()
        {
            float[] vector = new float[Dimension];
            for (int i = 0; i < Dimension; i++)
            {
                vector[i] = _metric == Metric.Hamming ? _random.Next(256) : (float)((_random.NextDouble() * 4) - 2);
            }

            return _metric switch
            {
                Metric.Poincare => [.. vector.Select(x => x * 0.49f / MathF.Sqrt(Dimension))],
                Metric.Lorentz => [MathF.Sqrt(1 + vector.Skip(1).Sum(x => x * x)), .. vector.Skip(1)],
                _ => vector,
            };
        }

        private double Distance(float[] u, float[] v) => _metric switch
        {
            Metric.L2 => Math.Sqrt(u.Zip(v, (x, y) => ((double)x - y) * ((double)x - y)).Sum()),
            Metric.Manhattan => u.Zip(v, (x, y) => Math.Abs((double)x - y)).Sum(),
            Metric.Dot => -u.Zip(v, (x, y) => (double)x * y).Sum(),
            Metric.Cosine => 1 - (u.Zip(v, (x, y) => (double)x * y).Sum() / Math.Sqrt(u.Sum(x => (double)x * x) * v.Sum(y => (double)y * y))),
            Metric.Poincare => Hyperbolic.PoincareDistance([.. u.Select(x => (double)x)], [.. v.Select(x => (double)x)]),
            Metric.Lorentz => Hyperbolic.LorentzDistance([.. u.Select(x => (double)x)], [.. v.Select(x => (double)x)]),
            _ => u.Zip(v, (x, y) => System.Numerics.BitOperations.PopCount((uint)x ^ (uint)y)).Sum(),
        };

        private void Did(string what) => Done.Add(what);
    }
}
