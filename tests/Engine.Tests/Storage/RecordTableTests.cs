using Hypervex.Storage;
using Xunit.Abstractions;

namespace Hypervex.Engine.Tests.Storage;

/// <summary>The record table against dictionaries, its size at every point of its growth, and its lock-free reads against a writer.</summary>
public sealed class RecordTableTests(ITestOutputHelper output)
{
    private const ulong HashSeed = 0x1234_5678_9ABC_DEF0;

    [Theory]
    [InlineData(7, uint.MaxValue)]
    [InlineData(8, 0xFFFF)] // collisions now and then
    public void Records_that_are_added_some_at_a_time_are_those_that_are_added_one_by_one(int seed, uint tagMask)
    {
        const int Records = 40_000;
        var random = new Random(seed);
        uint[] tags = [.. Enumerable.Range(0, Records).Select(_ => (uint)random.NextInt64(1L << 32) & tagMask)];
        RecordTable.NewRecord[] records = [.. tags.Select((tag, i) => new RecordTable.NewRecord(tag, new RecordLocation(0, 64 + (8L * i)), (ulong)i + 1))];
        var some = new RecordTable(HashSeed);
        var single = new RecordTable(HashSeed);
        var seen = new HashSet<uint>();
        int collisions = 0;
        for (int i = 0; i < Records;)
        {
            ReadOnlySpan<RecordTable.NewRecord> next = records.AsSpan(i, Math.Min(Records - i, 1 + random.Next(64)));
            if (random.Next(2) == 0)
            {
                ReadOnlySpan<uint> coming = tags.AsSpan(i, next.Length);
                while (coming.Length > 0)
                {
                    coming = coming[some.MakeRoom(coming)..];
                }
            }

            bool[] known = new bool[next.Length];
            some.Know(tags.AsSpan(i, next.Length), known);
            Assert.Equal(tags.AsSpan(i, next.Length).ToArray().Select(seen.Contains), known);
            uint slot = some.TakeSlots(next.Length);
            for (int done = 0; done < next.Length;)
            {
                int added = some.AddSome(slot + (uint)done, next[done..]);
                Assert.Equal(seen.Contains(next[done].Tag), added == 0);
                if (added == 0)
                {
                    collisions++;
                    some.Add(next[done].Tag, slot + (uint)done, next[done].Location, (uint)next[done].Sequence, next[done].Sequence);
                    added = 1;
                }

                seen.UnionWith(tags.AsSpan(i + done, added).ToArray());
                done += added;
            }

            i += next.Length;
        }

        for (int i = 0; i < Records; i++)
        {
            single.Add(tags[i], single.TakeSlot(), records[i].Location, (uint)records[i].Sequence, records[i].Sequence);
        }

        Assert.Equal(tagMask != uint.MaxValue, collisions > 0);
        Assert.Equal((single.Count, single.SlotCount), (some.Count, some.SlotCount));
        Assert.Equal(All(single), All(some));
        foreach (uint tag in tags.Where((_, i) => i % 11 == 0))
        {
            Assert.Equal(Slots(single, tag), Slots(some, tag));
        }
    }

    private static List<RecordTable.Saved> All(RecordTable table)
    {
        var all = new List<RecordTable.Saved>();
        var some = new RecordTable.Saved[100];
        ulong after = 0;
        while (table.CopySome(ref after, some) is var count and > 0)
        {
            all.AddRange(some.AsSpan(0, count));
        }

        return all;
    }

    private static List<uint> Slots(RecordTable table, uint tag)
    {
        var slots = new List<uint>();
        uint from = 0;
        while (table.TryFind(tag, ref from, out RecordTable.Found found))
        {
            slots.Add(found.Slot);
        }

        return slots;
    }

    [Theory]
    [InlineData(1, uint.MaxValue)]
    [InlineData(2, 0xFFF)] // 4,096 different tags: collisions everywhere
    [InlineData(3, 0)] // one tag
    public void It_holds_what_a_dictionary_holds(int seed, uint tagMask)
    {
        var random = new Random(seed);
        var table = new RecordTable(HashSeed);
        var model = new Dictionary<uint, Entry>();
        var free = new Stack<uint>();
        ulong sequence = 0;
        int steps = tagMask == 0 ? 2_000 : 60_000;
        for (int step = 0; step < steps; step++)
        {
            sequence++;
            uint[] live = step % 1_000 == 0 || model.Count == 0 ? [] : [Pick(model, table.SlotCount, random)];
            bool grows = step % 20_000 < 12_000;
            if (live.Length == 0 || random.Next(10) < (grows ? 7 : 2))
            {
                uint slot = free.TryPop(out uint freed) ? freed : table.TakeSlot();
                var entry = new Entry((uint)random.NextInt64(1L << 32) & tagMask, LocationOf(sequence), (uint)sequence, sequence);
                table.Add(entry.Tag, slot, entry.Location, entry.Row, entry.Created);
                model.Add(slot, entry);
            }
            else if (random.Next(3) == 0)
            {
                Entry old = model[live[0]];
                uint slot = random.Next(2) == 0 ? live[0] : free.TryPop(out uint freed) ? freed : table.TakeSlot();
                ulong created = random.Next(50) == 0 ? sequence : old.Created;
                var entry = new Entry(old.Tag, LocationOf(sequence), (uint)sequence, created);
                table.Replace(old.Tag, live[0], old.Created, slot, created, entry.Location, entry.Row);
                model.Remove(live[0]);
                model.Add(slot, entry);
                if (slot != live[0])
                {
                    free.Push(live[0]);
                }
            }
            else
            {
                table.Remove(model[live[0]].Tag, live[0], model[live[0]].Created);
                model.Remove(live[0]);
                free.Push(live[0]);
            }

            if (step % (steps / 20) == 0)
            {
                AssertEqual(model, table);
            }
        }

        AssertEqual(model, table);
        output.WriteLine($"seed {seed}: {steps} steps, {model.Count} live, {table.SizeBytes} bytes");
    }

    [Fact]
    public async Task No_reader_sees_a_record_in_the_slot_that_it_has_left()
    {
        const uint Moves = 20_000_000;
        var table = new RecordTable(1);
        uint left = table.TakeSlots(2);
        uint right = left + 1;
        table.Add(7, left, new RecordLocation(0, 64), 1, 1);
        using var done = new CancellationTokenSource();
        Task<bool> reader = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                if (IsLeftBehind(left, right) || IsLeftBehind(right, left))
                {
                    return false;
                }
            }

            return true;
        });
        for (uint row = 2; row < Moves && !reader.IsCompleted; row++)
        {
            (uint from, uint to) = row % 2 == 0 ? (left, right) : (right, left);
            table.Replace(7, from, 1, to, 1, new RecordLocation(0, 64), row);
        }

        await done.CancelAsync();
        Assert.True(await reader);

        // With every move the row's number grows: who is in one slot has left the other, or come back there since.
        bool IsLeftBehind(uint slot, uint other) =>
            table.TryGet(other, out RecordTable.Found here) && table.TryGet(slot, out RecordTable.Found there) && there.Row < here.Row;
    }

    [Fact]
    public void Records_that_arrive_in_any_order_are_listed_in_order_of_creation()
    {
        var random = new Random(4);
        ulong[] sequences = [.. Enumerable.Range(1, 20_000).Select(number => (ulong)number)];
        random.Shuffle(sequences);
        var table = new RecordTable(HashSeed);
        table.StartAt(20_000);
        for (uint slot = 0; slot < sequences.Length; slot++)
        {
            table.Add((uint)random.Next(), slot, LocationOf(slot + 1), slot, sequences[slot]);
        }

        var all = new (ulong CreatedSequence, RecordTable.Found Record)[20_001];
        Assert.Equal(20_000, table.CopyCreatedAfter(0, all));
        Assert.Equal(Enumerable.Range(1, 20_000).Select(number => (ulong)number), all[..20_000].Select(entry => entry.CreatedSequence));
        Assert.All(all[..20_000], entry => Assert.Equal(entry.CreatedSequence, sequences[entry.Record.Slot]));
    }

    [Fact]
    public void A_record_costs_at_most_40_bytes_at_every_size_from_ten_thousand_to_a_million()
    {
        var table = new RecordTable(HashSeed);
        var random = new Random(5);
        double worst = 0;
        uint worstAt = 0;
        for (uint count = 1; count <= 1_000_000; count++)
        {
            table.Add((uint)random.NextInt64(1L << 32), table.TakeSlot(), LocationOf(count), count, count);
            double each = (double)table.SizeBytes / count;
            if (count >= 10_000 && each > worst)
            {
                worst = each;
                worstAt = count;
            }

            if (count is 10_000 or 100_000 or 1_000_000)
            {
                output.WriteLine($"{count} records: {each:F2} bytes each");
            }
        }

        output.WriteLine($"worst: {worst:F2} bytes each at {worstAt}");
        Assert.InRange(worst, 16 + 12 + 5, 40); // less than its parts could not be true
    }

    [Fact]
    public void Replacing_every_record_again_and_again_costs_no_more()
    {
        const uint Records = 20_000;
        var random = new Random(6);
        var table = new RecordTable(HashSeed);
        var tags = new uint[Records];
        var created = new ulong[Records];
        ulong sequence = 0;
        for (uint slot = 0; slot < Records; slot++)
        {
            tags[slot] = (uint)random.NextInt64(1L << 32);
            created[slot] = ++sequence;
            table.Add(tags[slot], table.TakeSlot(), LocationOf(sequence), slot, sequence);
        }

        double worst = 0;
        for (int step = 0; step < 200_000; step++)
        {
            var slot = (uint)random.Next((int)Records);
            table.Remove(tags[slot], slot, created[slot]);
            tags[slot] = (uint)random.NextInt64(1L << 32);
            created[slot] = ++sequence;
            table.Add(tags[slot], slot, LocationOf(sequence), slot, sequence);
            worst = Math.Max(worst, (double)table.SizeBytes / Records);
        }

        output.WriteLine($"worst: {worst:F2} bytes a record");
        Assert.InRange(worst, 16 + 12 + 5, 40);
    }

    [Fact]
    public void A_location_moves_only_from_where_the_record_stands()
    {
        var table = new RecordTable(HashSeed);
        table.Add(7, table.TakeSlot(), LocationOf(1), 1, 1);
        uint free = table.TakeSlot();

        Assert.False(table.TryRelocate(0, LocationOf(2), LocationOf(3)));
        Assert.False(table.TryRelocate(free, default, LocationOf(3)));
        Assert.False(table.TryRelocate(1_000_000, default, LocationOf(3)));
        Assert.True(table.TryRelocate(0, LocationOf(1), LocationOf(3)));
        Assert.False(table.TryRelocate(0, LocationOf(1), LocationOf(4)));
        Assert.True(table.TryGet(0, out RecordTable.Found found));
        Assert.Equal(new RecordTable.Found(0, LocationOf(3), 1), found);
        Assert.False(table.TryGet(free, out _));
    }

    [Fact]
    public void A_frozen_view_stays_as_it_was_while_everything_changes()
    {
        const uint Records = 3_000;
        var table = new RecordTable(HashSeed);
        for (uint slot = 0; slot < Records; slot++)
        {
            table.Add(slot, table.TakeSlot(), LocationOf(slot + 1), slot, slot + 1);
        }

        long before = table.SizeBytes;
        FrozenRecords first = table.Freeze();
        for (uint slot = 0; slot < Records; slot += 3)
        {
            table.Remove(slot, slot, slot + 1);
            Assert.True(table.TryRelocate(slot + 1, LocationOf(slot + 2), LocationOf(slot + 100_000)));
        }

        FrozenRecords second = table.Freeze();
        for (uint slot = 0; slot < Records; slot += 3)
        {
            table.Add(slot, slot, LocationOf(slot + 500_000), 5, slot + 10_000);
        }

        Assert.True(table.SizeBytes > before + (2 * Records * 12)); // both views hold blocks of their own
        for (uint slot = 0; slot < Records; slot++)
        {
            Assert.True(first.TryGet(slot, out RecordTable.Found found));
            Assert.Equal(new RecordTable.Found(slot, LocationOf(slot + 1), slot), found);
            Assert.Equal(slot % 3 != 0, second.TryGet(slot, out found));
            Assert.Equal(slot % 3 == 1 ? LocationOf(slot - 1 + 100_000) : slot % 3 == 0 ? default : LocationOf(slot + 1), found.Location);
            Assert.True(table.TryGet(slot, out found));
            Assert.Equal(slot % 3 == 0, found.Location == LocationOf(slot + 500_000));
        }

        Assert.Equal(((int)Records, Records), (first.Count, first.SlotCount));
        Assert.Equal((int)Records / 3 * 2, second.Count);
        Assert.False(first.TryGet(Records, out _));
        second.Dispose();
        first.Dispose();
        first.Dispose();
        Assert.InRange(table.SizeBytes, 1, before + 10_000);
    }

    [Fact]
    public void Shrinking_forgets_free_slots_and_gives_their_memory_back()
    {
        const uint Records = 10_000;
        var table = new RecordTable(HashSeed);
        for (uint slot = 0; slot < Records; slot++)
        {
            table.Add(slot, table.TakeSlot(), LocationOf(slot + 1), slot, slot + 1);
        }

        long full = table.SizeBytes;
        using FrozenRecords view = table.Freeze();
        for (uint slot = 100; slot < Records; slot++)
        {
            table.Remove(slot, slot, slot + 1);
        }

        Assert.Throws<InvalidOperationException>(() => table.Shrink(99));
        Assert.Equal(Records, table.SlotCount);
        table.Shrink(100);
        Assert.Equal(100u, table.SlotCount);
        Assert.False(table.TryGet(100, out _));
        Assert.True(view.TryGet(Records - 1, out _));
        view.Dispose();
        Assert.True(table.SizeBytes < full / 20, $"{table.SizeBytes} bytes are left of {full}");

        Assert.Equal(100u, table.TakeSlot());
        table.Add(5, 100, LocationOf(9), 9, 20_000);
        Assert.True(table.TryGet(100, out RecordTable.Found found));
        Assert.Equal(LocationOf(9), found.Location);
    }

    [Fact]
    public async Task A_reader_without_a_lock_never_sees_half_of_a_change()
    {
        const uint Slots = 8; // so few that readers and the writer meet
        var table = new RecordTable(HashSeed);
        for (uint slot = 0; slot < Slots; slot++)
        {
            table.Add(slot, table.TakeSlot(), LocationOf(1), 1, slot + 1); // row and location always say the same number
        }

        using var stop = new CancellationTokenSource();
        Task<long>[] readers = [.. Enumerable.Range(0, 3).Select(number => Task.Run(() =>
        {
            var random = new Random(number);
            long torn = 0;
            while (!stop.IsCancellationRequested)
            {
                if (table.TryGet((uint)random.Next((int)Slots), out RecordTable.Found found) && found.Location != LocationOf(found.Row))
                {
                    torn++;
                }
            }

            return torn;
        }))];
        var changes = new Random(9);
        for (uint step = 2; step < 2_000_000; step++)
        {
            var slot = (uint)changes.Next((int)Slots);
            if (step % 1_000 == 0)
            {
                table.Freeze().Dispose();
            }

            table.Replace(slot, slot, slot + 1, slot, slot + 1, LocationOf(step), step);
        }

        stop.Cancel();
        Assert.All(await Task.WhenAll(readers), torn => Assert.Equal(0, torn));
    }

    [Fact]
    public void A_checkpoint_copies_every_record_that_stays_exactly_once()
    {
        var random = new Random(10);
        var table = new RecordTable(HashSeed);
        for (uint slot = 0; slot < 5_000; slot++)
        {
            table.Add(slot, table.TakeSlot(), LocationOf(slot + 1), slot, slot + 1);
        }

        var copied = new List<uint>();
        var removed = new HashSet<uint>();
        var some = new RecordTable.Saved[100];
        ulong after = 0;
        ulong sequence = 10_000;
        while (table.CopySome(ref after, some) is var count and > 0)
        {
            copied.AddRange(some[..count].Select(record => record.Slot));
            for (int change = 0; change < 60; change++)
            {
                var victim = (uint)random.Next(5_000);
                if (removed.Count < 2_500 && removed.Add(victim))
                {
                    table.Remove(victim, victim, victim + 1);
                    table.Add(victim, table.TakeSlot(), LocationOf(++sequence), 1, sequence);
                }
            }
        }

        Assert.Equal(copied.Count, copied.Distinct().Count());
        Assert.Empty(Enumerable.Range(0, 5_000).Select(slot => (uint)slot).Except(removed).Except(copied));
    }

    private static uint Pick(Dictionary<uint, Entry> model, uint slots, Random random)
    {
        while (true)
        {
            var slot = (uint)random.Next((int)slots);
            if (model.ContainsKey(slot))
            {
                return slot;
            }
        }
    }

    private static void AssertEqual(Dictionary<uint, Entry> model, RecordTable table)
    {
        Assert.Equal(model.Count, table.Count);
        for (uint slot = 0; slot < table.SlotCount + 10; slot++)
        {
            bool live = model.TryGetValue(slot, out Entry entry);
            Assert.Equal(live, table.TryGet(slot, out RecordTable.Found found));
            Assert.Equal(live ? new RecordTable.Found(slot, entry.Location, entry.Row) : new RecordTable.Found(slot, default, 0), found);
        }

        foreach (IGrouping<uint, KeyValuePair<uint, Entry>> group in model.GroupBy(pair => pair.Value.Tag))
        {
            var slots = new List<uint>();
            for (uint from = 0; table.TryFind(group.Key, ref from, out RecordTable.Found found);)
            {
                slots.Add(found.Slot);
            }

            Assert.Equal(group.Select(pair => pair.Key).Order(), slots);
        }

        var listed = new (ulong CreatedSequence, RecordTable.Found Record)[model.Count + 1];
        Assert.Equal(model.Count, table.CopyCreatedAfter(0, listed));
        Assert.Equal(
            model.OrderBy(pair => pair.Value.Created).Select(pair => (pair.Value.Created, pair.Key)),
            listed[..model.Count].Select(entry => (entry.CreatedSequence, entry.Record.Slot)));
    }

    private static RecordLocation LocationOf(ulong number) => new(number);

    private readonly record struct Entry(uint Tag, RecordLocation Location, uint Row, ulong Created);
}
