using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>
/// Damage of each kind is damage (the control), a dry run changes nothing and says what would be done, and after the repair the database is sound and
/// holds everything that the report does not list as lost.
/// </summary>
public sealed class RepairTests(ITestOutputHelper output) : IDisposable
{
    private const int Records = 200;
    private static readonly DatabaseOptions Options = new() { IndexingThreads = 1, Durability = Durability.OperatingSystem, SegmentBytes = 8192, ChunkBytes = 4096 };
    private readonly RepairedDirectory _directory = new(Options);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sound_database_is_left_alone(bool checkpoint)
    {
        Build(checkpoint);
        _directory.AssertIsLeftAlone();
    }

    [Fact]
    public void One_flipped_bit_in_a_frame_is_corrected()
    {
        var random = new Random(7);
        Build(checkpoint: false);
        string segment = _directory.Logs[1];
        byte[] whole = File.ReadAllBytes(segment);
        for (int round = 0; round < 12; round++)
        {
            byte[] bytes = [.. whole];
            int bit = random.Next(128 * 8, bytes.Length * 8);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(segment, bytes);
            if (_directory.Opens(Records))
            {
                File.WriteAllBytes(segment, whole); // the bit stood in padding, which no frame needs
                continue;
            }

            RepairReport report = _directory.AssertRepairs(lossless: true);
            Assert.Contains("corrected", Assert.Single(report.Steps).Problem, StringComparison.Ordinal);
            AssertHolds(lost: []);
            Assert.Equal(whole, File.ReadAllBytes(segment));
        }
    }

    [Fact]
    public void Frames_that_cannot_be_read_are_listed_and_all_others_are_kept()
    {
        Build(checkpoint: false);
        string segment = _directory.Logs[1];
        byte[] bytes = File.ReadAllBytes(segment);
        bytes.AsSpan(1_000, 400).Fill(0xA5);
        File.WriteAllBytes(segment, bytes);
        Assert.False(_directory.Opens(Records));

        RepairReport report = _directory.AssertRepairs(lossless: false);
        LostOperations lost = Assert.Single(report.Lost);
        Assert.InRange(lost.LastSequence - lost.FirstSequence, 1ul, 10ul);
        Assert.Equal("c", lost.Collection);
        AssertHolds(Range(lost));
        string copy = Assert.Single(Directory.GetFiles(report.Quarantine!));
        Assert.Equal(bytes, File.ReadAllBytes(copy));
        output.WriteLine($"lost {lost.FirstSequence} to {lost.LastSequence}, ids made out: {string.Join(' ', lost.Ids)}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_segment_that_is_missing_costs_its_operations_only(int number)
    {
        Build(checkpoint: false);
        File.Delete(_directory.Logs[number]);
        Assert.False(_directory.Opens(Records));

        RepairReport report = _directory.AssertRepairs(lossless: false);
        LostOperations lost = Assert.Single(report.Lost);
        Assert.InRange(lost.LastSequence - lost.FirstSequence, 10ul, 100ul);
        AssertHolds(Range(lost));
    }

    [Fact]
    public void A_header_with_one_flipped_bit_is_corrected_and_one_that_is_gone_costs_its_segment()
    {
        Build(checkpoint: false);
        string segment = _directory.Logs[1];
        byte[] whole = File.ReadAllBytes(segment);
        byte[] bytes = [.. whole];
        bytes[30] ^= 4;
        File.WriteAllBytes(segment, bytes);
        Assert.False(_directory.Opens(Records));
        _directory.AssertRepairs(lossless: true);
        AssertHolds(lost: []);
        Assert.Equal(whole, File.ReadAllBytes(segment));

        bytes = [.. whole];
        bytes.AsSpan(0, 128).Fill(0xFF);
        File.WriteAllBytes(segment, bytes);
        Assert.False(_directory.Opens(Records));
        RepairReport report = _directory.AssertRepairs(lossless: false);
        LostOperations lost = Assert.Single(report.Lost);
        Assert.Equal(lost.LastSequence - lost.FirstSequence + 1, (ulong)lost.Ids.Count); // every frame can still be made out
        AssertHolds(Range(lost));
    }

    [Fact]
    public void A_closed_log_that_lost_its_end_is_repaired_up_to_where_it_ends()
    {
        Build(checkpoint: false);
        string last = _directory.Logs[^1];
        using (FileStream file = File.OpenWrite(last))
        {
            file.SetLength(300);
        }

        Assert.False(_directory.Opens(Records));
        RepairReport report = _directory.AssertRepairs(lossless: false);
        AssertHolds(Range(Assert.Single(report.Lost)));
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("records.1.snap")]
    [InlineData("1.1.snap")]
    [InlineData("chunk_0.hyp")]
    [InlineData("chunk_1.hyp")]
    public void Derived_files_are_rebuilt(string name)
    {
        Build(checkpoint: true);
        string path = _directory.Find(name).Single();
        if (name == "chunk_0.hyp")
        {
            File.Delete(path);
        }
        else if (name == "chunk_1.hyp")
        {
            byte[] bytes = File.ReadAllBytes(path);
            bytes[4096 + 64 + 3] ^= 64; // the exponent of a row: a search would pass it by
            File.WriteAllBytes(path, bytes);
        }
        else
        {
            byte[] bytes = File.ReadAllBytes(path);
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(path, bytes);
        }

        _directory.AssertRepairs(lossless: true);
        AssertHolds(lost: []);
    }

    [Fact]
    public void The_list_of_collections_is_written_anew_from_the_collections()
    {
        Build(checkpoint: false);
        string path = Path.Combine(_directory.Path, "database.json");
        File.WriteAllText(path, "not what it was");
        File.Delete(path + ".previous");
        Assert.False(_directory.Opens(Records));
        _directory.AssertRepairs(lossless: true);
        AssertHolds(lost: []);
    }

    [Fact]
    public void A_description_is_replaced_by_its_previous_copy_and_learns_the_dimension_from_the_log()
    {
        Build(checkpoint: false);
        string path = _directory.Find("collection.json").Single();
        Assert.True(File.Exists(path + ".previous")); // from before the first vector
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.False(_directory.Opens(Records));
        _directory.AssertRepairs(lossless: true);
        AssertHolds(lost: []);
    }

    [Fact]
    public void Without_any_description_nothing_is_touched_and_the_report_says_so()
    {
        Build(checkpoint: false);
        string path = _directory.Find("collection.json").Single();
        File.WriteAllBytes(path, [1, 2, 3]);
        File.WriteAllBytes(path + ".previous", [4]);
        Dictionary<string, byte[]> before = _directory.Files();
        RepairReport report = Database.Repair(_directory.Path, apply: true);
        Assert.Single(report.Unrepairable);
        Assert.False(report.Lossless);
        _directory.AssertSame(before);
    }

    [Fact]
    public void A_collection_of_a_newer_format_is_left_alone_and_the_others_are_repaired()
    {
        Build(checkpoint: true);
        using (Database database = _directory.Open())
        {
            database.CreateCollection("a").Upsert("1", [1]);
        }

        string newer = _directory.Find("collection.json").Single(path => File.ReadAllText(path).Contains("\"a\"", StringComparison.Ordinal));
        File.WriteAllText(newer, File.ReadAllText(newer).Replace("\"format\":1", "\"format\":9", StringComparison.Ordinal));
        byte[] before = File.ReadAllBytes(newer);
        string damaged = _directory.Find("records.1.snap").Single();
        File.WriteAllBytes(damaged, [1, 2, 3]);

        RepairReport report = Database.Repair(_directory.Path, apply: true);
        Assert.Contains("format 9", Assert.Single(report.Unrepairable).Problem, StringComparison.Ordinal);
        Assert.Contains(report.Steps, step => step.File.EndsWith("records.1.snap", StringComparison.Ordinal));
        Assert.Contains("format 9", Assert.Single(report.Remaining).Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(newer));
        AssertHolds(lost: []);
    }

    [Theory]
    [InlineData("collection.json.previous")]
    [InlineData("database.json.previous")]
    [InlineData("manifest.previous")]
    public void A_damaged_previous_copy_is_written_anew(string name)
    {
        Build(checkpoint: true);
        string path = _directory.Find(name).Single();
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^10] ^= 4;
        File.WriteAllBytes(path, bytes);
        RepairReport report = _directory.AssertRepairs(lossless: true);
        Assert.EndsWith(name, Assert.Single(report.Steps).File, StringComparison.Ordinal);
        AssertHolds(lost: []);
    }

    private static IEnumerable<ulong> Range(LostOperations lost)
    {
        for (ulong sequence = lost.FirstSequence; sequence <= lost.LastSequence; sequence++)
        {
            yield return sequence;
        }
    }

    /// <summary>Sequence n creates the record n.</summary>
    private void Build(bool checkpoint)
    {
        using Database database = _directory.Open();
        Collection collection = database.CreateCollection("c");
        for (int number = 1; number <= Records; number++)
        {
            collection.Upsert($"{number}", [number, 1, 2, 3], document: new string('d', number % 50));
        }

        if (checkpoint)
        {
            Assert.True(collection.Checkpoint());
        }
    }

    private void AssertHolds(IEnumerable<ulong> lost)
    {
        var gone = lost.ToHashSet();
        using Database database = _directory.Open();
        Collection collection = database.GetCollection("c");
        Assert.Empty(collection.Verify().Findings);
        for (int number = 1; number <= Records; number++)
        {
            VectorRecord? record = collection.Get($"{number}");
            Assert.Equal(gone.Contains((ulong)number), record is null);
            Assert.Equal(record is null ? null : number, record?.Vector?[0]);
        }

        collection.Upsert("after", [1, 2, 3, 4]);
        collection.Delete("after");
        Assert.Equal(Records - gone.Count(sequence => sequence <= Records), collection.Count);
    }
}
