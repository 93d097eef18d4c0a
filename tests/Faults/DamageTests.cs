using Hypervex.FaultDriver;
using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Faults.Tests;

/// <summary>
/// R8: a flipped bit, a truncation or garbage behind the end, in every kind of file of a closed database. Opening or reading says
/// <c>damaged</c> or <c>unsupported_format</c>, or the data are those of the oracle: never other ones, never another exception.
/// </summary>
public sealed class DamageTests : IDisposable
{
    private const long Seed = 51;
    private readonly ITestOutputHelper _output;
    private readonly TemporaryDirectory _directory = new();
    private readonly Oracle _oracle = new();
    private readonly StoredFiles _files;

    public DamageTests(ITestOutputHelper output)
    {
        _output = output;
        _files = Build("db", _oracle, createsCollections: true);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_flipped_bit_is_detected_or_does_no_harm() => Flip(200, Seed);

    [Fact]
    [Trait("Tier", "Long")]
    public void Many_flipped_bits_are_detected_or_do_no_harm() => Flip(2000, Seed + 1);

    [Fact]
    public void Garbage_behind_the_end_is_detected_or_does_no_harm()
    {
        Random random = Chance.From(Seed, 8);
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string name in _files.Names)
        {
            var garbage = new byte[random.Next(1, 3000)];
            random.NextBytes(garbage);
            Count(tally, name, Check(name, [.. _files[name], .. garbage], $"{garbage.Length} bytes of garbage behind {name}"));
        }

        Show(tally);
    }

    [Fact]
    public void A_truncated_file_is_detected_or_does_no_harm()
    {
        Random random = Chance.From(Seed, 9);
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        string end = _files.LongestLog[^1];
        foreach (string name in _files.Names.Where(name => name != end))
        {
            byte[] bytes = _files[name];
            foreach (int length in new[] { 0, 1, bytes.Length / 2, bytes.Length - 1, random.Next(bytes.Length), random.Next(bytes.Length) })
            {
                Count(tally, name, Check(name, bytes[..length], $"{name} cut to {length} of {bytes.Length} bytes"));
            }
        }

        Show(tally);
    }

    [Fact]
    public void A_closed_log_that_lost_its_end_is_damage()
    {
        // The manifest says where the log ended when it was closed.
        var oracle = new Oracle();
        StoredFiles files = Build("one", oracle, createsCollections: false);
        string end = files.LongestLog[^1];
        byte[] bytes = files[end];
        int cuts = 0;
        for (int length = bytes.AsSpan().LastIndexOfAnyExcept((byte)0); length >= 0; length -= 61)
        {
            using Database database = files.OpenWith(end, bytes[..length]);
            HypervexException refusal = Assert.Throws<HypervexException>(() => database.GetCollection(Workload.Collection));
            Assert.True(refusal.Code == ErrorCode.Damaged, $"{end} cut to {length} bytes: {refusal.Code}");
            cuts++;
        }

        _output.WriteLine($"{cuts} cuts of the last segment, all reported");
        Assert.True(cuts > 10);
    }

    [Fact]
    public void The_control_without_a_manifest_does_not_notice()
    {
        StoredFiles files = Build("one", new Oracle(), createsCollections: false);
        string end = files.LongestLog[^1];
        byte[] bytes = files[end];
        foreach (string name in files.Names.Where(name => Path.GetFileName(name).StartsWith("manifest", StringComparison.Ordinal)).ToList())
        {
            files.Remove(name);
        }

        using Database database = files.OpenWith(end, bytes[..(bytes.AsSpan().LastIndexOfAnyExcept((byte)0) - 61)]);
        Assert.NotNull(database.GetCollection(Workload.Collection));
    }

    [Fact]
    public void A_log_that_is_missing_is_damage()
    {
        string first = _files.LongestLog[0];
        string directory = Path.Combine(_directory["db"], Path.GetDirectoryName(first)!);
        Directory.Delete(directory, recursive: true);
        using Database database = Database.Open(_directory["db"]);
        Assert.Equal(ErrorCode.Damaged, Assert.Throws<HypervexException>(() => database.GetCollection(Workload.Collection)).Code);
    }

    [Fact]
    public void The_control_with_checksums_that_agree_gives_wrong_answers()
    {
        int noticed = 0;
        int changed = 0;
        foreach (string name in _files.LongestLog)
        {
            byte[] bytes = _files[name];
            Frames.Visit(bytes, (header, at) =>
            {
                if (header.Kind == FrameKind.Put)
                {
                    byte[] copy = [.. bytes];
                    copy[at + FrameHeader.Size + header.BodyLength - 1] ^= 1; // the last byte of the vector
                    Frames.Seal(copy, at, header);
                    using Database database = _files.OpenWith(name, copy);
                    noticed += _oracle.Compare(database) is null ? 0 : 1;
                    changed++;
                }
            });
        }

        _output.WriteLine($"{changed} vectors changed together with their checksums, the oracle noticed {noticed} (the others were overwritten later)");
        Assert.True(noticed > 10);
    }

    [Fact]
    public void The_control_whose_tombstones_are_dropped_brings_deleted_records_back()
    {
        // Without checkpoints and compactions, which would have taken the deletions in.
        var oracle = new Oracle();
        StoredFiles files = Build("plain", oracle, createsCollections: false, maintenancePercent: 0);
        int noticed = 0;
        foreach (string name in files.LongestLog)
        {
            byte[] bytes = files[name];
            bool any = false;
            Frames.Visit(bytes, (header, at) =>
            {
                if (header.Kind == FrameKind.Delete)
                {
                    Frames.Seal(bytes, at, header with { Kind = FrameKind.Mark });
                    any = true;
                }
            });
            if (any)
            {
                using Database database = files.OpenWith(name, bytes);
                noticed += oracle.Compare(database) is null ? 0 : 1;
            }
        }

        Assert.True(noticed > 0);
    }

    private static void Count(SortedDictionary<string, int> tally, string name, string outcome)
    {
        string key = $"{StoredFiles.KindOf(name)}: {outcome}";
        tally[key] = tally.GetValueOrDefault(key) + 1;
    }

    private StoredFiles Build(string name, Oracle oracle, bool createsCollections, int maintenancePercent = 10)
    {
        var workload = new Workload
        {
            Seed = Seed,
            Writers = 1,
            OwnIds = 40,
            MaxBatch = 10,
            SharedIds = 5,
            MaintenancePercent = maintenancePercent,
            CreatesCollections = createsCollections,
        };
        oracle.Begin(workload);
        using (Database database = Database.Open(_directory[name], new DatabaseOptions { SegmentBytes = 8 << 10, CompactionGarbageRatio = maintenancePercent == 0 ? 1 : 0.3 }))
        {
            var runner = new OperationRunner(database);
            for (int number = 1; number <= 90; number++)
            {
                oracle.Acknowledge(runner.Run(0, number, workload.Next(0, number)));
            }
        }

        return new StoredFiles(_directory[name]);
    }

    private void Flip(int flips, long seed)
    {
        Random random = Chance.From(seed, 7);
        string[][] kinds = [.. _files.Names.GroupBy(StoredFiles.KindOf).Select(kind => kind.ToArray())];
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (int flip = 0; flip < flips; flip++)
        {
            // Half of the flips go to the log, which has most of the bytes.
            string[] kind = random.Next(2) == 0 ? kinds.First(names => names[0].EndsWith(".log", StringComparison.Ordinal)) : kinds[random.Next(kinds.Length)];
            string name = kind[random.Next(kind.Length)];
            byte[] bytes = _files[name];
            int used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 64;
            int at = random.Next(Math.Min(used, bytes.Length)); // not in the space that is taken ahead
            int bit = random.Next(8);
            bytes[at] ^= (byte)(1 << bit);
            Count(tally, name, Check(name, bytes, $"seed {seed}, bit {bit} of byte {at} of {name} flipped"));
        }

        Show(tally);
        ReliabilityReport.Write("R8", flips >= 2000, "one flipped bit in any file", seed, $"{flips} flips, {tally.Where(entry => entry.Key.EndsWith("detected", StringComparison.Ordinal)).Sum(entry => entry.Value)} detected, the others harmless, 0 wrong");
    }

    private string Check(string name, byte[] bytes, string context)
    {
        try
        {
            using Database database = _files.OpenWith(name, bytes);
            if (_oracle.Compare(database) is not { } difference)
            {
                return "no difference";
            }

            Assert.Fail($"{context}: {difference}");
            return difference;
        }
        catch (HypervexException exception) when (exception.Code is ErrorCode.Damaged or ErrorCode.UnsupportedFormat)
        {
            return "detected";
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.FailException)
        {
            Assert.Fail($"{context}: {exception}");
            throw;
        }
    }

    private void Show(SortedDictionary<string, int> tally)
    {
        foreach ((string outcome, int count) in tally)
        {
            _output.WriteLine($"{outcome}: {count}");
        }
    }
}
