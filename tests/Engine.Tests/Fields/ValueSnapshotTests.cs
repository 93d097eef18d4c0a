using System.Numerics;
using Hypervex.Engine.Tests.Metadata;
using Hypervex.Fields;
using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Fields;

/// <summary>What is saved of a field index is loaded again: by every filter, after further changes, and when records change while it is written.</summary>
public sealed class ValueSnapshotTests
{
    private const int Seed = 20261122;
    private const uint Slots = 400 * 331;

    [Fact]
    public void Loaded_indexes_of_every_type_answer_and_change_as_those_that_were_saved()
    {
        var random = new RandomMetadata(Seed);
        var filters = new RandomFilter(random);
        for (int round = 0; round < 60; round++)
        {
            using FieldIndexes indexes = Ready(random);
            var records = new Dictionary<uint, MetadataObject>();
            PlannerPropertyTests.Change(indexes, records, random, changes: round * 20);
            using FieldIndexes loaded = Loaded(Saved(indexes), new Dictionary<uint, MetadataObject>(records));
            Assert.Equal(StatesOf(indexes), StatesOf(loaded));
            CheckSome(loaded, records, filters, $"round {round}");
            PlannerPropertyTests.Change(loaded, records, random, changes: 200);
            CheckSome(loaded, records, filters, $"round {round} after more changes");
            Empty(loaded, records);
            Assert.All(loaded.All, index => Assert.Equal((0, 0, 0), (index.Values.Live.Count, index.Values.Present.Count, index.Values.Values ?? 0)));
        }
    }

    [Fact]
    public void What_is_written_while_records_change_is_right_as_of_the_beginning_and_the_control_that_forgets_nothing_is_not()
    {
        var random = new RandomMetadata(Seed + 1);
        var filters = new RandomFilter(random);
        int wrong = 0;
        int interleaved = 0;
        for (int round = 0; round < 60; round++)
        {
            using FieldIndexes indexes = Ready(random);
            var records = new Dictionary<uint, MetadataObject>();
            PlannerPropertyTests.Change(indexes, records, random, changes: 500);
            var before = new Dictionary<uint, MetadataObject>(records);
            List<byte[]> saved = Saved(indexes, () =>
            {
                PlannerPropertyTests.Change(indexes, records, random, changes: 20);
                interleaved++;
            });
            using FieldIndexes loaded = Loaded(saved, before);
            CheckSome(loaded, before, filters, $"round {round}");
            using FieldIndexes control = Loaded(saved, before, forgets: false);
            wrong += Record.Exception(() => CheckSome(control, before, filters, "control")) is null ? 0 : 1;
        }

        Assert.True(interleaved > 300, $"records changed {interleaved} times while indexes were written");
        Assert.True(wrong > 30, $"{wrong} of 60 indexes that forgot nothing were wrong");
    }

    [Fact]
    public void Values_with_one_few_many_and_nearly_all_slots_are_loaded_slot_by_slot()
    {
        const uint Many = 200_000;
        using var indexes = new FieldIndexes();
        indexes.Declare([("kind", FieldIndexType.Keyword), ("flag", FieldIndexType.Boolean)]);
        Finish(indexes);
        for (uint slot = 0; slot < Many; slot++)
        {
            indexes.Add(slot, MixedRecord(slot));
        }

        using FieldIndexes loaded = Loaded(Saved(indexes), [], Many);
        AssertSamePostings(indexes, loaded, Many);

        // What was laid out by doubling is laid out in one piece.
        Assert.All(Enumerable.Range(0, 2), i => Assert.InRange(loaded.All[i].Values.Bytes, indexes.All[i].Values.Bytes / 3, indexes.All[i].Values.Bytes));

        // Forgetting sets of slots is removing them one by one.
        var gone = new ChunkedBits();
        var random = new Random(Seed);
        for (uint slot = 0; slot < Many; slot += (uint)random.Next(1, 4))
        {
            gone.Set(slot);
            indexes.Remove(slot, MixedRecord(slot));
        }

        loaded.All[0].Values.Forget(gone);
        loaded.All[1].Values.Forget(gone);
        AssertSamePostings(indexes, loaded, Many);
    }

    [Fact]
    public void Bytes_that_no_checksum_caught_are_refused_or_loaded_and_nothing_else_happens()
    {
        var random = new RandomMetadata(Seed + 2);
        using var indexes = new FieldIndexes();
        indexes.Declare([("a", FieldIndexType.Keyword), ("year", FieldIndexType.Integer), ("b", FieldIndexType.Float), ("tags", FieldIndexType.Boolean), ("place", FieldIndexType.Geo)]);
        Finish(indexes);
        PlannerPropertyTests.Change(indexes, [], random, changes: 300);
        List<byte[]> saved = Saved(indexes);
        int refused = 0;
        for (int i = 0; i < saved.Count; i++)
        {
            for (int round = 0; round < 400; round++)
            {
                byte[] bytes = [.. saved[i]];
                if (round % 4 == 0)
                {
                    bytes = bytes[..random.Chance.Next(bytes.Length)];
                }
                else
                {
                    bytes[random.Chance.Next(bytes.Length)] ^= (byte)(1 << random.Chance.Next(8));
                }

                refused += IsRefused(bytes, indexes.All[i]) ? 1 : 0;
            }

            Assert.True(IsRefused(saved[i][..^1], indexes.All[i]));
            Assert.False(IsRefused(saved[i], indexes.All[i]));
        }

        Assert.True(refused > 500, $"{refused} of 2,000 were refused");
    }

    [Fact]
    public void Another_field_type_or_format_is_refused()
    {
        using var indexes = new FieldIndexes();
        indexes.Declare([("a.b", FieldIndexType.Integer)]);
        Finish(indexes);
        byte[] saved = Saved(indexes)[0];
        Assert.Equal(0, Header(saved, "a.b", FieldIndexType.Integer));
        Assert.Throws<InvalidDataException>(() => Header(saved, "a.c", FieldIndexType.Integer));
        Assert.Throws<InvalidDataException>(() => Header(saved, "a.bc", FieldIndexType.Integer));
        Assert.Throws<InvalidDataException>(() => Header(saved, "a.b", FieldIndexType.Float));
        foreach (int format in (int[])[0, 8])
        {
            byte[] newer = [.. saved];
            newer[format]++;
            Assert.Throws<InvalidDataException>(() => Header(newer, "a.b", FieldIndexType.Integer));
        }

        static long Header(byte[] bytes, string field, FieldIndexType type) => ValueSnapshot.LoadHeader(new ValueReader(new MemoryStream(bytes), 1), field, type);
    }

    private static FieldIndexes Ready(RandomMetadata random)
    {
        var indexes = new FieldIndexes();
        indexes.Declare(PlannerPropertyTests.RandomIndexes(random));
        Finish(indexes);
        return indexes;
    }

    private static void Finish(FieldIndexes indexes)
    {
        foreach (BuiltIndex index in indexes.All)
        {
            index.Finish();
        }
    }

    private static List<byte[]> Saved(FieldIndexes indexes, Action? beside = null)
    {
        IReadOnlyList<BuiltIndex> ready = indexes.BeginSaving();
        var all = new List<byte[]>();
        foreach (BuiltIndex index in ready)
        {
            var stream = new InterruptedStream(beside);
            indexes.Save(index, stream);
            all.Add(stream.ToArray());
        }

        indexes.EndSaving();
        return all;
    }

    private static FieldIndexes Loaded(List<byte[]> saved, Dictionary<uint, MetadataObject> records, uint slots = Slots, bool forgets = true)
    {
        var indexes = new FieldIndexes();
        List<(string Field, FieldIndexType Type)> declared = [.. saved.Select(Description)];
        indexes.Declare(declared);
        for (int i = 0; i < saved.Count; i++)
        {
            var reader = new ValueReader(new MemoryStream(saved[i]), slots);
            ValueSnapshot.LoadHeader(reader, declared[i].Field, declared[i].Type);
            ValueIndex values = BuiltIndex.Create(declared[i].Field, declared[i].Type).Values;
            var changed = new ChunkedBits();
            ValueSnapshot.Load(reader, values, changed);
            if (forgets)
            {
                values.Forget(changed);
                foreach ((uint slot, MetadataObject record) in records.Where(record => changed.Contains(record.Key)))
                {
                    values.Add(slot, MetadataEncoding.Encode(record));
                }
            }

            indexes.Use(indexes.All[i], values);
        }

        return indexes;
    }

    private static (string Field, FieldIndexType Type) Description(byte[] saved) =>
        (System.Text.Encoding.UTF8.GetString(saved, 24, BitConverter.ToInt32(saved, 20)), (FieldIndexType)BitConverter.ToInt32(saved, 4));

    private static bool IsRefused(byte[] bytes, BuiltIndex index)
    {
        try
        {
            var reader = new ValueReader(new MemoryStream(bytes), Slots);
            ValueSnapshot.LoadHeader(reader, index.Values.Field, index.Type);
            ValueIndex values = BuiltIndex.Create(index.Values.Field, index.Type).Values;
            var changed = new ChunkedBits();
            ValueSnapshot.Load(reader, values, changed);
            values.Forget(changed);
            return false;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            return true;
        }
    }

    private static void CheckSome(FieldIndexes indexes, Dictionary<uint, MetadataObject> records, RandomFilter filters, string where)
    {
        long ignored = 0;
        for (int i = 0; i < 40; i++)
        {
            PlannerPropertyTests.Check(indexes, records, filters.Next(levels: i % 4), $"seed {Seed}, {where}, filter {i}", ref ignored, ref ignored);
        }
    }

    private static void Empty(FieldIndexes indexes, Dictionary<uint, MetadataObject> records)
    {
        foreach ((uint slot, MetadataObject record) in records)
        {
            indexes.Remove(slot, MetadataEncoding.Encode(record));
        }
    }

    private static List<string> StatesOf(FieldIndexes indexes) => [.. indexes.States(Slots).Select(state => (state with { MemoryBytes = 0 }).ToString())];

    /// <summary>Values that one, few and many slots of a chunk have, and nearly all of them.</summary>
    private static byte[] MixedRecord(uint slot)
    {
        string kind = slot % 5_000 == 7 ? $"once{slot}" : slot % 300 == 3 ? "few" : slot % 20 == 1 ? "places" : slot / 65_536 == 1 ? "rare" : "bits";
        return MetadataEncoding.Encode(new MetadataObject { ["kind"] = kind, ["flag"] = BitOperations.PopCount(slot) % 2 == 0 });
    }

    private static void AssertSamePostings(FieldIndexes expected, FieldIndexes actual, uint slots)
    {
        for (int i = 0; i < expected.All.Count; i++)
        {
            Dictionary<string, Posting> postings = PostingsOf(expected.All[i]);
            Dictionary<string, Posting> found = PostingsOf(actual.All[i]);
            Assert.Equal(postings.Keys.Order(), found.Keys.Order());
            foreach ((string key, Posting posting) in postings)
            {
                Assert.Equal(posting.Count, found[key].Count);
                for (int chunk = 0; chunk < SlotChunks.Count(slots); chunk++)
                {
                    Assert.Equal(SlotsOf(posting, chunk), SlotsOf(found[key], chunk));
                }
            }
        }
    }

    private static Dictionary<string, Posting> PostingsOf(BuiltIndex index)
    {
        PostingList list = ((KeywordIndex)index.Values).Snapshot;
        return list.All.Take(list.Count).Where(posting => posting.Count > 0).ToDictionary(posting => Convert.ToHexString(posting.Key));
    }

    private static ulong[] SlotsOf(Posting posting, int chunk)
    {
        var words = new ulong[SlotChunks.Words];
        posting.Or(chunk, words);
        return words;
    }

    /// <summary>Does something whenever bytes arrive.</summary>
    private sealed class InterruptedStream(Action? beside) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            beside?.Invoke();
        }
    }
}
