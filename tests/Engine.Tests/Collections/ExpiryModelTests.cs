using Hypervex.Collections;
using Hypervex.Engine.Tests.Indexes;
using Hypervex.Engine.Tests.Storage;
using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>
/// Records that expire, written, changed, deleted, moved by compaction, saved by checkpoints and read again after opening, in random order and at times that a
/// test decides: every read is compared with a dictionary after each step, while the background deletes what it likes.
/// </summary>
public sealed class ExpiryModelTests(ITestOutputHelper output)
{
    private const int Ids = 400;
    private const int Steps = 60;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, int.TryParse(Environment.GetEnvironmentVariable("HYPERVEX_MODEL_SEEDS"), out int more) ? more : 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_reads_find_is_what_a_dictionary_says_at_every_time(int seed)
    {
        using var directory = new TemporaryDirectory();
        var run = new Run(directory.Path, seed);
        try
        {
            run.All();
        }
        catch
        {
            output.WriteLine($"seed {seed}: {string.Join(", ", run.Done)}");
            throw;
        }
        finally
        {
            run.Dispose();
        }
    }

    [Fact]
    public void A_dictionary_that_forgets_that_records_expire_disagrees()
    {
        using var directory = new TemporaryDirectory();
        using var run = new Run(directory.Path, 1) { ForgetsTimes = true };
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(run.All);
    }

    private sealed class Run : IDisposable
    {
        private readonly Random _random;
        private readonly ManualTime _time = new();
        private readonly DatabaseOptions _options;
        private readonly string _path;
        private readonly Dictionary<string, (int Place, int Kind, DateTimeOffset? End)> _model = new(StringComparer.Ordinal);
        private Database _database;
        private Collection _collection;

        public Run(string path, int seed)
        {
            _random = new Random(seed);
            _path = path;
            _options = new DatabaseOptions { TimeProvider = _time, SegmentBytes = 16 << 10, ChunkBytes = 4096, CompactionGarbageRatio = seed % 2 == 0 ? 1 : 0.2, Durability = Durability.OperatingSystem };
            _database = Database.Open(path, _options);
            _collection = _database.CreateCollection("docs", CollectionOptions.Create(2, Metric.L2));
            if (seed % 3 != 0)
            {
                _collection.CreateFieldIndex("kind", FieldIndexType.Integer);
            }
        }

        public List<string> Done { get; } = [];

        public bool ForgetsTimes { get; init; }

        private Dictionary<string, (int Place, int Kind, DateTimeOffset? End)> Alive =>
            ForgetsTimes ? _model : _model.Where(pair => !(pair.Value.End <= _time.GetUtcNow())).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

        public void All()
        {
            for (int i = 0; i < Steps; i++)
            {
                Step();
                Compare();
            }

            _time.Advance(TimeSpan.FromDays(1));
            Compare();
            Assert.True(SpinWait.SpinUntil(() => _collection.Partition.Records.Count == Alive.Count, TimeSpan.FromMinutes(2)), "what has expired is not deleted");
            Assert.Empty(_collection.Verify().Findings);
        }

        public void Dispose() => _database.Dispose();

        private void Step()
        {
            switch (_random.Next(13))
            {
                case < 4:
                    Put(1 + _random.Next(_random.Next(4) == 0 ? 300 : 60));
                    break;
                case 12:
                    UpdateWhere();
                    break;
                case 4 or 5:
                    Update();
                    break;
                case 6:
                    Delete();
                    break;
                case 7:
                    Done.Add("checkpoint");
                    _collection.Checkpoint();
                    break;
                case 8:
                    Done.Add("compact");
                    _collection.Compact();
                    break;
                case 9:
                    Done.Add("reopen");
                    _database.Dispose();
                    _database = Database.Open(_path, _options);
                    _collection = _database.GetCollection("docs");
                    break;
                case 10:
                    Done.Add("a minute");
                    _time.Advance(TimeSpan.FromMinutes(1));
                    break;
                default:
                    Done.Add("a minute, unnoticed");
                    _time.AdvanceWithoutTimers(TimeSpan.FromMinutes(1));
                    break;
            }
        }

        private DateTimeOffset? RandomEnd() => _random.Next(3) == 0 ? null : _time.GetUtcNow() + TimeSpan.FromSeconds(_random.Next(-30, 300));

        private void Put(int count)
        {
            var batch = new List<VectorRecord>();
            for (int i = 0; i < count; i++)
            {
                string id = $"r{_random.Next(Ids)}";
                (int Place, int Kind, DateTimeOffset? End) made = (_random.Next(Ids), _random.Next(4), RandomEnd());
                _model[id] = made;
                batch.Add(new VectorRecord(id, [made.Place, 0]) { Metadata = new MetadataObject { ["kind"] = made.Kind }, ExpiresAt = made.End });
            }

            Done.Add($"put {count}");
            _collection.UpsertBatch(batch);
        }

        private void Update()
        {
            for (int i = 0; i < 10; i++)
            {
                string id = $"r{_random.Next(Ids)}";
                bool isAlive = Alive.TryGetValue(id, out (int Place, int Kind, DateTimeOffset? End) made);
                int what = _random.Next(4);
                made = what switch
                {
                    0 => made with { Kind = _random.Next(4) },
                    1 => made with { Place = _random.Next(Ids) },
                    2 => made with { End = RandomEnd() },
                    _ => made with { End = null, Kind = _random.Next(4) },
                };
                var update = new RecordUpdate
                {
                    Metadata = new MetadataObject { ["kind"] = made.Kind },
                    Vector = what == 1 ? [made.Place, 0] : null,
                    ExpiresAt = what == 2 ? made.End : null,
                    NeverExpires = made.End is null,
                };
                if (isAlive)
                {
                    Done.Add($"update {id}");
                    _collection.Update(id, update);
                    _model[id] = made;
                }
                else
                {
                    Assert.Equal(ErrorCode.NotFound, Assert.Throws<HypervexException>(() => _collection.Update(id, update)).Code);
                }
            }
        }

        private void UpdateWhere()
        {
            (int from, int to) = (_random.Next(4), 4 + _random.Next(2));
            Done.Add($"update kind {from} to {to}");
            string[] ids = [.. Alive.Where(pair => pair.Value.Kind == from).Select(pair => pair.Key)];
            Assert.Equal(ids.Length, _collection.UpdateWhere(Filter.Field("kind") == from, new MetadataObject { ["kind"] = to }));
            foreach (string id in ids)
            {
                _model[id] = _model[id] with { Kind = to };
            }
        }

        private void Delete()
        {
            int kind = _random.Next(4);
            string[] expected = [.. Alive.Where(pair => pair.Value.Kind == kind && pair.Value.Place < 40).Select(pair => pair.Key)];
            Done.Add($"delete kind {kind}");
            string[] ids = [.. _collection.Search([0, 0], 10_000, new SearchOptions { Filter = Filter.Field("kind") == kind, Radius = 39.5f, Exact = true }).Select(hit => hit.Id)];
            Assert.Equal(expected.Order(StringComparer.Ordinal), ids.Order(StringComparer.Ordinal));
            if (ids.Length > 0)
            {
                Assert.Equal(ids.Length, _collection.DeleteBatch(ids).Count);
            }

            foreach (string id in ids)
            {
                _model.Remove(id);
            }
        }

        /// <summary>The column of times says of every slot what the body of its record says.</summary>
        private void CheckColumn()
        {
            Partition partition = _collection.Partition;
            FrameBuffer buffer = FrameBuffer.Rent();
            lock (partition.Still)
            {
                for (uint slot = 0; slot < partition.Records.SlotCount; slot++)
                {
                    bool isLive = partition.Records.TryGet(slot, out RecordTable.Found found);
                    long time = isLive ? partition.Read(found, buffer, out _).Fixed.ExpiresAtMs : 0;
                    Assert.True(partition.FieldIndexes.Expiries.Has(slot) == (time != 0), $"slot {slot}, live {isLive}, {time}");
                    Assert.True(time == 0 || (partition.FieldIndexes.Expiries.IsDue(slot, time) && !partition.FieldIndexes.Expiries.IsDue(slot, time - 1)), $"slot {slot}, {time}");
                }
            }

            buffer.Return();
        }

        private void Compare()
        {
            Dictionary<string, (int Place, int Kind, DateTimeOffset? End)> alive = Alive;
            CheckColumn();
            Assert.Equal(alive.Count, _collection.Count);
            int kind = _random.Next(4);
            Assert.Equal(alive.Count(pair => pair.Value.Kind == kind), _collection.CountWhere(Filter.Field("kind") == kind));
            Assert.Equal(alive.Count, _collection.CountValues("kind").Values.Sum(value => value.Count));
            Assert.Equal(alive.Keys.Order(StringComparer.Ordinal), _collection.List(new ListOptions { Limit = 1_000 }).Records.Select(record => record.Id).Order(StringComparer.Ordinal));
            string one = $"r{_random.Next(Ids)}";
            VectorRecord? record = _collection.Get(one);
            Assert.Equal(alive.ContainsKey(one), record is not null);
            Assert.Equal(record is null ? null : alive[one].End, record?.ExpiresAt);
            Assert.Equal(alive.Keys.Order(StringComparer.Ordinal), _collection.Sample(1_000, seed: 1).Select(sampled => sampled.Id).Order(StringComparer.Ordinal));
            IEnumerable<string> ordered = alive.OrderBy(pair => pair.Value.Kind).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Key);
            int limit = 1 + _random.Next(100);
            Assert.Equal(ordered.Take(limit), _collection.List(new ListOptions { OrderBy = "kind", Limit = limit }).Records.Select(listed => listed.Id));
            int place = _random.Next(Ids);
            GroupedHits groups = _collection.SearchGroups(new SearchRequest { Query = new float[] { place, 0 }, K = 6 }, "kind", 400);
            Assert.Equal(alive.Keys.Order(StringComparer.Ordinal), groups.Groups.SelectMany(group => group.Hits).Select(hit => hit.Id).Order(StringComparer.Ordinal));
            int k = 1 + _random.Next(20);
            foreach (bool filtered in (bool[])[false, true])
            {
                int[] nearest = [.. alive.Values.Where(made => !filtered || made.Kind == kind).Select(made => Math.Abs(made.Place - place)).Order().Take(k)];
                SearchHits hits = _collection.Search([place, 0], k, new SearchOptions { Exact = _random.Next(2) == 0, Ef = 400, Filter = filtered ? Filter.Field("kind") == kind : null });
                Assert.Equal(nearest, hits.Select(hit => (int)hit.Distance));
                Assert.All(hits, hit => Assert.Contains(hit.Id, alive.Keys));
            }
        }
    }
}
