using System.Buffers.Binary;
using System.Text;
using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Snapshots;

/// <summary>Archives that are not what they claim to be: each is refused, nothing changes, and no memory is taken on their word.</summary>
public sealed class BadSnapshotTests(ITestOutputHelper output)
{
    private const int Records = 60;
    private const long FlatBytes = 12 << 20;

    private static byte[]? s_whole;

    public static TheoryData<string> Names => [.. Mutations().Select(mutation => mutation.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_snapshot_changes_nothing(string name) => Refused(name, Mutations().First(mutation => mutation.Name == name).Make());

    [Fact]
    public void The_control_that_is_not_changed_is_restored()
    {
        using Database database = Database.CreateInMemory();
        Assert.Equal(Records, SnapshotSamples.Restore(database, Whole()).Records);
        byte[] forged = SnapshotSamples.Forge(SnapshotSamples.Description(), [SnapshotSamples.Body("a", 1), SnapshotSamples.Body("b", 2)]);
        Assert.Equal(2, SnapshotSamples.Restore(database, forged, "forged").Records);
    }

    [Fact]
    public void Every_single_flipped_bit_is_refused()
    {
        byte[] whole = Whole();
        var random = new Random(4);
        using Database database = Sample(out Collection collection);
        List<string> before = SnapshotSamples.Contents(collection);
        for (int i = 0; i < 400; i++)
        {
            byte[] flipped = [.. whole];
            int at = i < 128 ? i : random.Next(whole.Length);
            flipped[at] ^= (byte)(1 << random.Next(8));
            HypervexException refused = Assert.Throws<HypervexException>(() => SnapshotSamples.Restore(database, flipped, replace: true));
            Assert.True(refused.Code == ErrorCode.BadSnapshot, $"byte {at}: {refused.Message}");
        }

        Assert.Equal(before, SnapshotSamples.Contents(collection));
        output.WriteLine($"400 flips in {whole.Length} bytes, seed 4, all refused");
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] whole = Whole();
        using Database database = Sample(out Collection collection);
        foreach (int length in Enumerable.Range(0, 300).Concat(Enumerable.Range(whole.Length - 60, 60)).Concat(Enumerable.Range(0, 100).Select(i => i * whole.Length / 100)))
        {
            HypervexException refused = Assert.Throws<HypervexException>(() => SnapshotSamples.Restore(database, whole[..length], replace: true));
            Assert.True(refused.Code == ErrorCode.BadSnapshot, $"{length} bytes: {refused.Message}");
        }

        Assert.Equal(1, collection.Count);
    }

    /// <summary>The archive of a collection with three blocks' worth of documents.</summary>
    private static byte[] Whole()
    {
        if (s_whole is null)
        {
            using Database database = Database.CreateInMemory();
            Collection collection = database.CreateCollection("docs", CollectionOptions.Create(SnapshotSamples.Dimension, Metric.L2));
            for (int i = 0; i < Records; i++)
            {
                collection.Upsert(SnapshotSamples.Record($"r{i}", i) with { Document = new string('d', 50_000) });
            }

            s_whole = SnapshotSamples.Take(collection);
        }

        return s_whole;
    }

    private static Database Sample(out Collection collection)
    {
        Database database = Database.CreateInMemory();
        collection = database.CreateCollection("docs", CollectionOptions.Create(SnapshotSamples.Dimension, Metric.L2));
        collection.Upsert(SnapshotSamples.Record("mine", 1));
        return database;
    }

    private static void Refused(string name, byte[] archive)
    {
        using Database database = Sample(out Collection collection);
        List<string> before = SnapshotSamples.Contents(collection);
        ulong sequence = collection.GetStats().LastSequence;
        foreach (string target in (string[])["docs", "new"])
        {
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            HypervexException refused = Assert.Throws<HypervexException>(() => SnapshotSamples.Restore(database, archive, target, replace: true));
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Assert.True(refused.Code == ErrorCode.BadSnapshot, $"{name}: {refused.Code}: {refused.Message}");
            Assert.True(allocated < FlatBytes + (2 * archive.Length), $"{name}: {allocated} bytes for an archive of {archive.Length}");
        }

        Assert.Equal(["docs"], database.ListCollections());
        Assert.Equal(before, SnapshotSamples.Contents(collection));
        Assert.Equal(sequence, collection.GetStats().LastSequence);
    }

    private static IEnumerable<(string Name, Func<byte[]> Make)> Mutations()
    {
        yield return ("empty file", () => []);
        yield return ("text", () => Encoding.UTF8.GetBytes("{\"not\": \"a snapshot\"}"));
        yield return ("zeros", () => new byte[5000]);
        yield return ("zip", () => [0x50, 0x4B, 3, 4, .. new byte[200]]);
        yield return ("log segment", () => [.. "HVXLOG01"u8, .. new byte[400]]);
        yield return ("checkpoint file", () => [.. "HVXSNAP1"u8, .. new byte[400]]);
        yield return ("garbage behind the end", () => [.. Whole(), 0]);
        yield return ("archive twice", () => [.. Whole(), .. Whole()]);
        yield return ("newer version", () => Header(Whole(), 8, 2));
        yield return ("version 0", () => Header(Whole(), 8, 0));
        yield return ("longer header", () => Header(Whole(), 12, 128));
        yield return ("reserved bytes", () => Header(Whole(), 48, 1));
        yield return ("other nonce", () => Header(Whole(), 16, 99));
        yield return ("other sequence", () => Header(Whole(), 32, 99));
        yield return ("negative count", () => Header(Whole(), 24, -1));
        yield return ("count too small", () => Header(Whole(), 24, Records - 1));
        yield return ("count too great", () => Header(Whole(), 24, int.MaxValue));
        yield return ("count of 2^62", () => Count(Whole(), 1L << 62));
        yield return ("block of 2 GB", () => Put(Whole(), ArchiveHeader.Size, int.MaxValue));
        yield return ("block of 4 GB", () => Put(Whole(), ArchiveHeader.Size, -1));
        yield return ("block of 0 bytes first", () => Put(Whole(), ArchiveHeader.Size, 0));
        yield return ("blocks exchanged", ExchangeBlocks);
        yield return ("block missing", () => [.. Whole()[..Edge(1)], .. Whole()[Edge(2)..]]);
        yield return ("block twice", () => [.. Whole()[..Edge(2)], .. Whole()[Edge(1)..]]);
        yield return ("end missing", () => Whole()[..^ArchiveBlocks.EndSize]);
        for (int edge = 0; edge < 3; edge++)
        {
            int at = edge;
            yield return ($"cut at the edge of block {at}", () => Whole()[..Edge(at)]);
            yield return ($"cut behind the header of block {at}", () => Whole()[..Math.Min(Edge(at) + 8, Whole().Length - 1)]);
            yield return ($"ended behind block {at}", () => [.. Whole()[..Edge(at)], .. Whole()[^ArchiveBlocks.EndSize..]]);
        }

        foreach ((string name, string description) in Descriptions())
        {
            yield return ($"description: {name}", () => SnapshotSamples.Forge(description, [SnapshotSamples.Body("a", 1)]));
        }

        foreach ((string name, Func<byte[][]> bodies) in Bodies())
        {
            yield return ($"records: {name}", () => SnapshotSamples.Forge(SnapshotSamples.Description(), bodies()));
        }

        yield return ("records: of another dimension", () => SnapshotSamples.Forge(SnapshotSamples.Description(dimension: 5), [SnapshotSamples.Body("a", 1)]));
        yield return ("an item of 2 GB", () => Item(int.MaxValue));
        yield return ("an item of 16 MB that is not there", () => Item(16 << 20));
        yield return ("an item of 0 bytes", () => Item(0));
    }

    private static IEnumerable<(string Name, string Json)> Descriptions()
    {
        string good = SnapshotSamples.Description();
        yield return ("not JSON", "docs");
        yield return ("an array", "[]");
        yield return ("white space", good.Replace(",", ", ", StringComparison.Ordinal));
        yield return ("an unknown key", good.Replace("{\"name\"", "{\"path\":\"/etc/passwd\",\"name\"", StringComparison.Ordinal));
        yield return ("a key twice", good.Replace("{\"name\":\"docs\"", "{\"name\":\"docs\",\"name\":\"docs\"", StringComparison.Ordinal));
        yield return ("no fields", good[..good.IndexOf("[{", StringComparison.Ordinal)] + "[]}");
        yield return ("fields missing", "{\"name\":\"docs\",\"capacity\":null}");
        yield return ("a path as the name", good.Replace("\"docs\"", "\"../docs\"", StringComparison.Ordinal));
        yield return ("an absolute path as the name", good.Replace("\"docs\"", "\"/etc/passwd\"", StringComparison.Ordinal));
        yield return ("no name", good.Replace("\"docs\"", "null", StringComparison.Ordinal));
        yield return ("an unknown metric", good.Replace("\"l2\"", "\"l3\"", StringComparison.Ordinal));
        yield return ("a dimension out of range", good.Replace("\"dimension\":6", "\"dimension\":65537", StringComparison.Ordinal));
        yield return ("a dimension of 10^300", good.Replace("\"dimension\":6", "\"dimension\":1e300", StringComparison.Ordinal));
        yield return ("a capacity of 0", good.Replace("\"capacity\":null", "\"capacity\":0", StringComparison.Ordinal));
        yield return ("m out of range", good.Replace("\"m\":16", "\"m\":1", StringComparison.Ordinal));
        yield return ("deep nesting", new string('[', 5000));
        yield return ("more than 64 KB", good + new string(' ', 70_000));
    }

    private static IEnumerable<(string Name, Func<byte[][]> Bodies)> Bodies()
    {
        yield return ("an id twice", () => [SnapshotSamples.Body("a", 1), SnapshotSamples.Body("b", 2), SnapshotSamples.Body("a", 3)]);
        yield return ("a created sequence twice", () => [SnapshotSamples.Body("a", 1), SnapshotSamples.Body("b", 1)]);
        yield return ("created sequence 0", () => [SnapshotSamples.Body("a", 0)]);
        yield return ("a vectors sequence", () => [SnapshotSamples.Body("a", 1, values => values with { VectorsSequence = 4 })]);
        yield return ("created before year 1", () => [SnapshotSamples.Body("a", 1, values => values with { CreatedAtMs = long.MinValue })]);
        yield return ("updated after year 9999", () => [SnapshotSamples.Body("a", 1, values => values with { UpdatedAtMs = long.MaxValue })]);
        yield return ("expires before year 1", () => [SnapshotSamples.Body("a", 1, values => values with { ExpiresAtMs = long.MinValue })]);
        yield return ("a tombstone", () => [new byte[40]]);
        yield return ("one byte", () => [[1]]);
        yield return ("another body version", () => [Change(body => body[0] = 2)]);
        yield return ("a reserved byte", () => [Change(body => body[1] = 1)]);
        yield return ("no vectors", () => [Change(body => body[4] = 0)]);
        yield return ("more vectors than there are", () => [Change(body => body[4] = 200)]);
        yield return ("an id of 0 bytes", () => [Change(body => body[2] = 0)]);
        yield return ("an id of 65,535 bytes", () => [Change(body => body[2] = body[3] = 255)]);
        yield return ("an id that is not UTF-8", () => [Change(body => body[RecordBody.FixedSize] = 0xFF)]);
        yield return ("metadata of 2 GB", () => [Change(body => BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(64), int.MaxValue))]);
        yield return ("metadata that are not canonical", () => [Change(body => body[RecordBody.FixedSize + 1] = 9)]);
        yield return ("NaN", () => [Change(body => BinaryPrimitives.WriteSingleLittleEndian(body.AsSpan(body.Length - 4), float.NaN))]);
        yield return ("infinity", () => [Change(body => BinaryPrimitives.WriteSingleLittleEndian(body.AsSpan(body.Length - 8), float.PositiveInfinity))]);
        yield return ("a norm too great", () => [Change(body => BinaryPrimitives.WriteSingleLittleEndian(body.AsSpan(body.Length - 8), float.MaxValue))]);
        yield return ("a vector of an unknown field", () => [Change(body => body[VectorAt(body)] = 9)]);
        yield return ("a vector of bits", () => [Change(body => body[VectorAt(body) + 4] = 2)]);
        yield return ("a vector of 2^31 components", () => [Change(body => BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(VectorAt(body) + 8), int.MinValue))]);
    }

    private static int VectorAt(byte[] body) => body.Length - RecordBody.VectorHeaderSize - (SnapshotSamples.Dimension * sizeof(float));

    private static byte[] Change(Action<byte[]> change)
    {
        byte[] body = SnapshotSamples.Body("a", 1);
        change(body);
        return body;
    }

    private static byte[] Put(byte[] archive, int at, int value)
    {
        byte[] changed = [.. archive];
        BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(at), value);
        return changed;
    }

    /// <summary>Changes the header and mends its checksum.</summary>
    private static byte[] Header(byte[] archive, int at, int value)
    {
        byte[] changed = Put(archive, at, value);
        return MendHeader(changed);
    }

    private static byte[] Count(byte[] archive, long count)
    {
        byte[] changed = [.. archive];
        BinaryPrimitives.WriteInt64LittleEndian(changed.AsSpan(24), count);
        return MendHeader(changed);
    }

    private static byte[] MendHeader(byte[] archive)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(60), Checksum.Of(archive.AsSpan(0, 60)));
        return archive;
    }

    /// <summary>Where a block begins.</summary>
    private static int Edge(int block) => Math.Min(
        ArchiveHeader.Size + (block * (ArchiveBlocks.BlockHeader + ArchiveBlocks.BlockBytes)),
        Whole().Length - ArchiveBlocks.EndSize);

    private static byte[] ExchangeBlocks()
    {
        byte[] whole = Whole();
        return [.. whole[..Edge(0)], .. whole[Edge(1)..Edge(2)], .. whole[Edge(0)..Edge(1)], .. whole[Edge(2)..]];
    }

    /// <summary>An archive whose first record claims a length, with right checksums.</summary>
    private static byte[] Item(int length)
    {
        byte[] archive = SnapshotSamples.Forge(SnapshotSamples.Description(), [SnapshotSamples.Body("a", 1)]);
        int content = ArchiveHeader.Size + ArchiveBlocks.BlockHeader;
        int description = BinaryPrimitives.ReadInt32LittleEndian(archive.AsSpan(content));
        BinaryPrimitives.WriteInt32LittleEndian(archive.AsSpan(content + 4 + description), length);
        Span<byte> block = archive.AsSpan(content, BinaryPrimitives.ReadInt32LittleEndian(archive.AsSpan(ArchiveHeader.Size)));
        BinaryPrimitives.WriteUInt32LittleEndian(archive.AsSpan(ArchiveHeader.Size + 4), ArchiveBlocks.ChecksumOf(7, 0, block));
        return archive;
    }
}
