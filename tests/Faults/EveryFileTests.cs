using System.Reflection;
using System.Text;
using Hypervex.Collections;
using Hypervex.Engine.Tests.Storage;
using Hypervex.FaultDriver;
using Hypervex.Metadata;
using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R8 in a directory that has a file of every kind: codes, several fields, field indexes, scrubs, the reserve, previous copies. Which files there are is read from the
/// directory; that there is one of every kind that <see cref="DatabasePaths"/> can name is asserted.
/// </summary>
public sealed class EveryFileTests : IDisposable
{
    private const long Seed = 81;
    private const int Records = 1400; // codes are trained from 1,024 on
    private const string Name = "docs";
    private static readonly DatabaseOptions s_options = new() { IndexingThreads = 1, SegmentBytes = 32 << 10, ChunkBytes = 16 << 10, CompactionGarbageRatio = 1, DiskReserveBytes = 32 << 10 };

    /// <summary>What the names that <see cref="DatabasePaths"/> spells are called here; null = no file of a closed database that the engine reads.</summary>
    private static readonly Dictionary<string, string?> s_kinds = new(StringComparer.Ordinal)
    {
        [nameof(DatabasePaths.Lock)] = null, // empty
        [nameof(DatabasePaths.Quarantine)] = null, // a directory of copies, never read
        [nameof(DatabasePaths.RestoreMarker)] = null, // empty, there while a restore is under way
        [nameof(DatabasePaths.DatabaseFile)] = "database.json",
        [nameof(DatabasePaths.Reserve)] = "reserve",
        [nameof(DatabasePaths.CollectionFile)] = "collection.json",
        [nameof(DatabasePaths.Log)] = "log segment",
        [nameof(DatabasePaths.CompactedLog)] = "compacted segment",
        [nameof(DatabasePaths.Manifest)] = "manifest",
        [nameof(DatabasePaths.Scrub)] = "scrub",
        [nameof(DatabasePaths.RecordsSnapshot)] = "records.#.snap",
        [nameof(DatabasePaths.IndexSnapshot)] = "#.#.snap",
        [nameof(DatabasePaths.CodesSnapshot)] = "#.codes.#.snap",
        [nameof(DatabasePaths.ValuesSnapshot)] = "values.#.#.snap",
        [nameof(DatabasePaths.Chunk)] = "chunk",
        [nameof(DatabasePaths.Collections)] = null, // directories from here on
        [nameof(DatabasePaths.Collection)] = null,
        [nameof(DatabasePaths.Partitions)] = null,
        [nameof(DatabasePaths.Partition)] = null,
        [nameof(DatabasePaths.Logs)] = null,
        [nameof(DatabasePaths.Indexes)] = null,
        [nameof(DatabasePaths.Chunks)] = null,
        [nameof(DatabasePaths.FieldChunks)] = null,
        [nameof(DatabasePaths.Hex)] = null, // not a path
    };

    private readonly ITestOutputHelper _output;
    private readonly TemporaryDirectory _directory = new();
    private readonly StoredFiles _files;
    private readonly List<VectorRecord> _records;
    private readonly HashSet<DateTimeOffset?> _scrubs = [null];
    private readonly string[] _names;

    public EveryFileTests(ITestOutputHelper output)
    {
        _output = output;
        ulong other = Build();
        _files = new StoredFiles(_directory.Path);
        _names = [.. _files.Names.Where(name => !name.Contains(DatabasePaths.Hex(other), StringComparison.Ordinal))];
        using Database database = Open(_files.With("", []));
        _records = Contents(database.GetCollection(Name));
        Assert.Equal(Records - 100, _records.Count);
        Assert.Null(Difference(database));
        Assert.Null(database.GetCollection(Name).Recovery.CheckpointProblem);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_directory_has_a_file_of_every_kind_that_there_is()
    {
        IEnumerable<string> spelled = typeof(DatabasePaths).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.ReturnType == typeof(string)).Select(method => method.Name);
        Assert.Equal(s_kinds.Keys.Order(StringComparer.Ordinal), spelled.Order(StringComparer.Ordinal)); // a new kind of file has to be built here too
        HashSet<string> there = [.. _names.Select(KindOf)];
        Assert.Superset(s_kinds.Values.OfType<string>().ToHashSet(StringComparer.Ordinal), there);
        Assert.Superset(new HashSet<string> { "database.json.previous", "collection.json.previous", "manifest.previous", "scrub.previous" }, there);
        _output.WriteLine($"{_names.Length} files: {string.Join(", ", there.Order(StringComparer.Ordinal))}");
    }

    [Fact]
    public void A_flipped_bit_in_any_kind_of_file_is_detected_or_does_no_harm() => Flip(4, Seed);

    [Fact]
    [Trait("Tier", "Long")]
    public void Many_flipped_bits_in_every_kind_of_file_are_detected_or_do_no_harm() => Flip(60, Seed + 1);

    [Fact]
    public void The_control_with_checksums_that_agree_is_noticed()
    {
        string scrub = _names.Single(name => KindOf(name) == "scrub");
        string content = Encoding.UTF8.GetString(_files[scrub]);
        int at = content.IndexOf("\"finished\":", StringComparison.Ordinal) + "\"finished\":".Length + 3;
        CrashingFileSystem files = _files.With("", []);
        string body = content[(content.IndexOf('\n', StringComparison.Ordinal) + 1)..].TrimEnd('\n');
        at -= content.Length - 1 - body.Length;
        CheckedFile.Mend(files, Path.Combine(StoredFiles.Root, scrub), "scrub", Encoding.UTF8.GetBytes($"{body[..at]}{(body[at] == '1' ? '2' : '1')}{body[(at + 1)..]}"));
        using (Database database = Open(files))
        {
            Assert.Contains("scrub", Difference(database), StringComparison.Ordinal);
        }

        int noticed = 0;
        int changed = 0;
        foreach (string name in _names.Where(name => KindOf(name) == "log segment"))
        {
            byte[] bytes = _files[name];
            Frames.Visit(bytes, (header, frame) =>
            {
                if (header.Kind == FrameKind.Put && changed < 5)
                {
                    byte[] copy = [.. bytes];
                    copy[frame + FrameHeader.Size + header.BodyLength - 1] ^= 1; // the last byte of a vector
                    Frames.Seal(copy, frame, header);
                    using Database database = Open(_files.With(name, copy));
                    changed++;
                    noticed += Difference(database) is null ? 0 : 1;
                }
            });
        }

        Assert.Equal(5, changed);
        Assert.Equal(5, noticed);
    }

    /// <summary>The name without what is random or counted.</summary>
    private static string KindOf(string name)
    {
        string kind = StoredFiles.KindOf(name);
        return kind.EndsWith(DatabasePaths.SnapshotSuffix, StringComparison.Ordinal)
            ? string.Join('.', kind.Split('.').Select(part => part.All(char.IsAsciiDigit) ? "#" : part))
            : kind;
    }

    private static Database Open(IFileSystem files) => Database.Open(files, StoredFiles.Root, null, s_options);

    private static List<VectorRecord> Contents(Collection collection) => [.. collection.List(new ListOptions { Limit = 10_000 }).Records];

    private static VectorRecord Record(int number)
    {
        Random random = Chance.From(Seed, number);
        return new VectorRecord($"r{number}", Vector(random, 8))
        {
            Vectors = new Dictionary<string, float[]> { ["flat"] = Vector(random, 3) },
            Metadata = new MetadataObject { ["year"] = 1990 + (number % 30), ["lang"] = number % 2 == 0 ? "en" : "de" },
            Document = $"document {number}",
        };
    }

    private static float[] Vector(Random random, int dimension) => [.. Enumerable.Range(0, dimension).Select(_ => random.NextSingle() - 0.5f)];

    /// <summary>Returns the id of a collection that is there for the catalog's sake only.</summary>
    private ulong Build()
    {
        var time = new ManualTime();
        using Database database = Database.Open(_directory.Path, s_options with { TimeProvider = time, ScrubBytesPerSecond = 0 });
        ulong other = database.CreateCollection("other", CollectionOptions.Create(2, Metric.L2)).Partition.CollectionId; // so that the catalog has a previous copy
        Collection collection = database.CreateCollection(Name, new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions>
            {
                [""] = new() { Metric = Metric.L2, Quantization = QuantizationKind.Sq8 },
                ["flat"] = new() { Dimension = 3, Metric = Metric.Cosine, Index = new HnswOptions { Type = IndexType.Flat } },
            },
        });
        for (int from = 0; from < Records; from += 100)
        {
            collection.UpsertBatch([.. Enumerable.Range(from, 100).Select(Record)]);
        }

        collection.CreateFieldIndex("year", FieldIndexType.Integer);
        collection.CreateFieldIndex("lang", FieldIndexType.Keyword);
        collection.DeleteBatch([.. Enumerable.Range(0, 100).Select(i => $"r{i * 3}")]);
        collection.Compact();
        for (int number = 900; number < 950; number++)
        {
            collection.Upsert(Record(number)); // into plain segments
        }

        collection.WaitForIndex();
        Assert.True(SpinWait.SpinUntil(() => collection.Partition.FieldOf(1)!.Index.HasCodes, TimeSpan.FromMinutes(2)));
        collection.WaitForFieldIndexes();
        collection.Checkpoint();
        for (int scrub = 0; scrub < 2; scrub++)
        {
            DateTimeOffset? before = collection.GetStats().Scrub!.LastFinished;
            time.Advance(scrub == 0 ? Scrubber.Quiet : TimeSpan.FromDays(8));
            Assert.True(SpinWait.SpinUntil(() => collection.GetStats().Scrub is { IsRunning: false } stats && stats.LastFinished != before, TimeSpan.FromMinutes(2)));
            Assert.Equal(0, collection.GetStats().Scrub!.Problems);
            _scrubs.Add(collection.GetStats().Scrub!.LastFinished);
        }

        return other;
    }

    private void Flip(int flipsOfKind, long seed)
    {
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int flips = 0;
        foreach (IGrouping<string, string> kind in _names.GroupBy(KindOf))
        {
            string[] names = [.. kind];
            Random random = Chance.From(seed, Chance.Of(kind.Key));
            for (int flip = 0; flip < flipsOfKind; flip++)
            {
                string name = names[random.Next(names.Length)];
                byte[] bytes = _files[name];
                int at = random.Next(Math.Min(bytes.Length, bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 64));
                int bit = random.Next(8);
                bytes[at] ^= (byte)(1 << bit);
                string outcome = $"{kind.Key}: {Check(name, bytes, $"seed {seed}, bit {bit} of byte {at} of {name} flipped")}";
                tally[outcome] = tally.GetValueOrDefault(outcome) + 1;
                flips++;
            }
        }

        foreach ((string outcome, int count) in tally)
        {
            _output.WriteLine($"{outcome}: {count}");
        }

        ReliabilityReport.Write("R8-kinds", flipsOfKind >= 60, "one flipped bit in each kind of file that there is", seed, $"{flips} flips in {_names.Select(KindOf).Distinct().Count()} kinds of files, 0 wrong");
    }

    private string Check(string name, byte[] bytes, string context)
    {
        string outcome;
        try
        {
            using Database database = Open(_files.With(name, bytes));
            Collection collection = database.GetCollection(Name);
            collection.WaitForIndex();
            VerifyReport report = collection.Verify();
            string? difference = Difference(database);
            bool isReported = difference is null || report.Findings.Any(finding => finding.Message == difference) || (report.Findings.Count > 0 && KindOf(name) == "chunk");
            Assert.True(isReported, $"{context}: {difference}");
            outcome = report.Findings.Count > 0 ? "reported by verify" : collection.Recovery.CheckpointProblem is not null ? "repaired by the opening" : "no difference";
        }
        catch (HypervexException exception) when (exception.Code is ErrorCode.Damaged or ErrorCode.UnsupportedFormat)
        {
            outcome = "detected";
        }

        CrashingFileSystem files = _files.With(name, bytes);
        try
        {
            RepairReport repaired = Database.Repair(files, StoredFiles.Root, apply: true, s_options);
            if (outcome == "detected" && repaired.Unrepairable is [{ Problem: var newer }] && newer.Contains("this version of Hypervex reads", StringComparison.Ordinal))
            {
                return outcome; // a flip in a format's number: nothing that a repair may touch
            }

            Assert.True(repaired.Unrepairable.Count == 0 && repaired.Remaining.Count == 0 && repaired.Lost.Count == 0, $"{context}: {string.Join("; ", repaired.Unrepairable)} {string.Join("; ", repaired.Remaining)} {repaired.Lost.Count} lost");
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.UnsupportedFormat && outcome == "detected")
        {
            return outcome; // a flip in a format's number: nothing that a repair may touch
        }

        using Database again = Open(files);
        Assert.True(Difference(again) is not { } wrong, $"{context}, after the repair: {Difference(again)}");
        return outcome;
    }

    /// <summary>What is not as it was; null when all is.</summary>
    private string? Difference(Database database)
    {
        Collection collection = database.GetCollection(Name);
        collection.WaitForIndex();
        List<VectorRecord> found = Contents(collection);
        if (found.Count != _records.Count || found.Zip(_records).FirstOrDefault(pair => Describe(pair.First) != Describe(pair.Second)) is { First: not null } other)
        {
            return $"{found.Count} records, expected {_records.Count}, or another content";
        }

        if (collection.GetStats().Scrub is { } scrub && (!_scrubs.Contains(scrub.LastFinished) || scrub.Problems != 0))
        {
            return $"the last scrub finished at {scrub.LastFinished} with {scrub.Problems} problems";
        }

        for (int query = 0; query < 3; query++)
        {
            float[] vector = Vector(Chance.From(Seed, 5, query), 8);
            if (SearchDifference(collection, vector, null) is { } first)
            {
                return first;
            }

            if (SearchDifference(collection, vector, Filter.Parse($$"""{"year": {{2000 + query}}, "lang": "en"}""")) is { } filtered)
            {
                return filtered;
            }
        }

        return null;
    }

    private string? SearchDifference(Collection collection, float[] query, Filter? filter)
    {
        List<VectorRecord> matching = [.. _records.Where(record => filter is null || filter.Matches(record.Metadata))];
        SearchHits hits = collection.Search(query, 5, new SearchOptions { Filter = filter });
        if (hits.Count != Math.Min(5, matching.Count))
        {
            return $"a search finds {hits.Count}";
        }

        foreach (SearchHit hit in hits)
        {
            VectorRecord? record = matching.Find(record => record.Id == hit.Id);
            double distance = record is null ? double.NaN : Math.Sqrt(record.Vector!.Zip(query).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2)));
            if (!(Math.Abs(distance - hit.Distance) < 1e-4))
            {
                return $"a search finds {hit.Id} at {hit.Distance}, expected {distance}";
            }
        }

        return null;
    }

    private static string Describe(VectorRecord record) =>
        $"{record.Id}|{string.Join(' ', record.Vector!)}|{string.Join(' ', record.Vectors!["flat"])}|{record.Metadata!.ToJson()}|{record.Document}|{record.Version}|{record.CreatedAt:O}";
}
