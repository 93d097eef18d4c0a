using Hypervex.Storage;

namespace Hypervex.Engine.Tests.Collections;

/// <summary>
/// Damage in a log that holds compacted segments: it is damage (the control), and after the repair the database is sound and holds every record but those
/// whose latest operation the report lists as lost.
/// </summary>
public sealed class CompactedRepairTests : IDisposable
{
    private const int Records = 200;
    private const int Added = 100;
    private static readonly DatabaseOptions s_options = new()
    {
        IndexingThreads = 1,
        Durability = Durability.OperatingSystem,
        SegmentBytes = 8192,
        ChunkBytes = 4096,
        CompactionGarbageRatio = 1,
    };

    private readonly RepairedDirectory _directory = new(s_options);
    private readonly Dictionary<string, (ulong Sequence, float Value)> _latest = new(StringComparer.Ordinal);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_sound_log_with_compacted_segments_is_left_alone()
    {
        Build();
        _directory.AssertIsLeftAlone();
    }

    [Fact]
    public void One_flipped_bit_in_a_compacted_segment_is_corrected()
    {
        var random = new Random(11);
        Build();
        string segment = Compacted()[1];
        byte[] whole = File.ReadAllBytes(segment);
        int corrected = 0;
        for (int round = 0; round < 10; round++)
        {
            byte[] bytes = [.. whole];
            int bit = round < 2 ? random.Next(128 * 8) : random.Next(128 * 8, bytes.Length * 8);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(segment, bytes);
            if (_directory.Opens(_latest.Count))
            {
                File.WriteAllBytes(segment, whole); // the bit stood in padding, which no frame needs
                continue;
            }

            RepairReport report = _directory.AssertRepairs(lossless: true);
            Assert.Contains("corrected", Assert.Single(report.Steps).Problem, StringComparison.Ordinal);
            AssertHolds(report);
            Assert.Equal(whole, File.ReadAllBytes(segment));
            corrected++;
        }

        Assert.True(corrected > 5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Frames_of_a_compacted_segment_that_cannot_be_read_are_listed_and_all_others_are_kept(int number)
    {
        Build();
        string segment = Compacted()[number];
        ulong nonce = HeaderOf(segment).Nonce;
        byte[] bytes = File.ReadAllBytes(segment);
        bytes.AsSpan(1_000, 400).Fill(0xA5);
        File.WriteAllBytes(segment, bytes);
        Assert.False(_directory.Opens(_latest.Count));

        RepairReport report = _directory.AssertRepairs(lossless: false);
        Assert.Single(report.Lost);
        int lost = AssertHolds(report);
        Assert.InRange(lost, 1, 10);
        Assert.Contains(report.Steps, step => step.Problem.StartsWith($"{lost} of ", StringComparison.Ordinal));
        Assert.NotEqual(nonce, HeaderOf(segment).Nonce);
        Assert.Equal(bytes, File.ReadAllBytes(Assert.Single(Directory.GetFiles(report.Quarantine!))));
    }

    [Fact]
    public void Damage_in_compacted_and_plain_segments_is_repaired_at_once()
    {
        Build();
        foreach (string segment in new[] { Compacted()[0], Plain()[0] })
        {
            byte[] bytes = File.ReadAllBytes(segment);
            bytes.AsSpan(700, 300).Fill(0xA5);
            File.WriteAllBytes(segment, bytes);
        }

        Assert.False(_directory.Opens(_latest.Count));
        RepairReport report = _directory.AssertRepairs(lossless: false);
        Assert.Equal(2, report.Lost.Count);
        Assert.True(AssertHolds(report) > 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_header_that_is_gone_costs_its_segment_unless_the_manifest_knows_its_nonce(bool withManifest)
    {
        Build();
        string segment = Compacted()[1];
        byte[] bytes = File.ReadAllBytes(segment);
        bytes.AsSpan(0, 128).Fill(0xFF);
        File.WriteAllBytes(segment, bytes);
        if (!withManifest)
        {
            RemoveManifest();
        }

        Assert.False(_directory.Opens(_latest.Count));
        RepairReport report = _directory.AssertRepairs(lossless: withManifest);
        int lost = AssertHolds(report);
        Assert.Equal(withManifest, lost == 0);
        Assert.Equal(lost, report.Lost.Sum(range => range.Ids.Count)); // every frame can still be made out
    }

    [Theory]
    [InlineData(-900, false)]
    [InlineData(-1, false)]
    [InlineData(100, true)]
    public void A_compacted_segment_of_another_length_keeps_what_checks(int change, bool lossless)
    {
        Build();
        string segment = Compacted()[0];
        using (FileStream file = File.OpenWrite(segment))
        {
            file.SetLength(file.Length + change);
        }

        Assert.False(_directory.Opens(_latest.Count));
        RepairReport report = _directory.AssertRepairs(lossless);
        Assert.Equal(lossless, AssertHolds(report) == 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_compacted_segment_that_is_missing_costs_its_operations_only(int number)
    {
        Build();
        File.Delete(Compacted()[number]);
        Assert.False(_directory.Opens(_latest.Count));
        RepairReport report = _directory.AssertRepairs(lossless: false);
        Assert.Single(report.Lost);
        Assert.True(AssertHolds(report) > 10);
    }

    [Fact]
    public void Plain_segments_missing_behind_a_compacted_one_cost_their_operations_only()
    {
        Build();
        Plain().ForEach(File.Delete);
        Assert.False(_directory.Opens(_latest.Count));
        RepairReport report = _directory.AssertRepairs(lossless: false);
        Assert.Equal(Added, AssertHolds(report));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_damaged_compacted_segment_gives_way_to_its_inputs_while_they_are_there(bool withManifest, bool inHeader)
    {
        Dictionary<string, byte[]> inputs = Build();
        string segment = Compacted()[0];
        byte[] bytes = File.ReadAllBytes(segment);
        bytes.AsSpan(inHeader ? 0 : 1_000, 100).Fill(0xA5);
        File.WriteAllBytes(segment, bytes);
        foreach ((string path, byte[] content) in inputs.Where(input => string.CompareOrdinal(Path.GetFileName(input.Key), Path.GetFileName(Compacted()[1])) < 0))
        {
            File.WriteAllBytes(path, content);
        }

        if (!withManifest)
        {
            RemoveManifest();
        }

        Assert.True(!inHeader || !_directory.Opens(_latest.Count)); // of a sound header, an opening would remove the inputs without a look at the frames
        RepairReport report = _directory.AssertRepairs(lossless: true);
        Assert.Equal(0, AssertHolds(report));
        Assert.False(File.Exists(segment));
        Assert.Equal(bytes, File.ReadAllBytes(Assert.Single(Directory.GetFiles(report.Quarantine!))));
    }

    [Fact]
    public void Many_lost_sequences_behind_a_plain_segment_take_no_space()
    {
        using (Database database = _directory.Open())
        {
            Collection collection = database.CreateCollection("c");
            for (int number = 1; number <= 3000; number++)
            {
                Put(collection, $"{number % 300}", number, (ulong)number);
            }

            collection.Compactor.RunOn(1..(Plain().Count - 2), CancellationToken.None);
        }

        string missing = Assert.Single(Compacted());
        File.Delete(missing);
        RepairReport report = _directory.AssertRepairs(lossless: false);
        LostOperations lost = Assert.Single(report.Lost);
        Assert.True(lost.LastSequence - lost.FirstSequence > 2000);
        Assert.Equal(128, new FileInfo(Assert.Single(Compacted())).Length);
    }

    /// <summary>Sequences 1 to 200 create records, 201 to 300 overwrite some of them twice, all of which is compacted; 301 to 400 create more. Returns the compacted segments' inputs.</summary>
    private Dictionary<string, byte[]> Build()
    {
        using Database database = _directory.Open();
        Collection collection = database.CreateCollection("c");
        ulong sequence = 0;
        for (int number = 1; number <= Records; number++)
        {
            Put(collection, $"{number}", number, ++sequence);
        }

        for (int number = 2; number <= Records; number += 2)
        {
            int twice = number - (number % 4 == 0 ? 2 : 0); // so that no segment is clean
            Put(collection, $"{twice}", -number, ++sequence);
        }

        collection.Flush();
        Dictionary<string, byte[]> inputs = _directory.Logs.ToDictionary(path => path, File.ReadAllBytes);
        collection.Compact();
        Assert.True(Compacted().Count > 1);
        Assert.Single(Plain());
        for (int number = 1; number <= Added; number++)
        {
            Put(collection, $"a{number}", number, ++sequence);
        }

        return inputs;
    }

    private void Put(Collection collection, string id, float value, ulong sequence)
    {
        collection.Upsert(id, [value, 1, 2, 3], document: new string('d', (int)(sequence % 50)));
        _latest[id] = (sequence, value);
    }

    /// <summary>Checks the database against the report; returns how many records are lost.</summary>
    private int AssertHolds(RepairReport report)
    {
        int lost = 0;
        using Database database = _directory.Open();
        Collection collection = database.GetCollection("c");
        Assert.Empty(collection.Verify().Findings);
        foreach ((string id, (ulong sequence, float value)) in _latest)
        {
            VectorRecord? record = collection.Get(id);
            bool isListed = report.Lost.Any(range => sequence >= range.FirstSequence && sequence <= range.LastSequence);
            Assert.Equal(isListed ? null : value, record?.Vector?[0]);
            lost += isListed ? 1 : 0;
        }

        Assert.Equal(_latest.Count - lost, collection.Count);
        return lost;
    }

    private void RemoveManifest()
    {
        foreach (string path in _directory.Find("manifest*"))
        {
            File.Delete(path);
        }
    }

    private static SegmentHeader HeaderOf(string path)
    {
        Assert.True(SegmentHeader.TryRead(File.ReadAllBytes(path), path, out SegmentHeader header, out string? problem), problem);
        return header;
    }

    private List<string> Compacted() => [.. _directory.Logs.Where(path => Path.GetFileName(path).Contains('-', StringComparison.Ordinal) && !path.Contains("quarantine", StringComparison.Ordinal))];

    private List<string> Plain() => [.. _directory.Logs.Where(path => !Path.GetFileName(path).Contains('-', StringComparison.Ordinal) && !path.Contains("quarantine", StringComparison.Ordinal))];
}
