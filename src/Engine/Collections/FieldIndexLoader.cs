using System.Numerics;
using Hypervex.Fields;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Takes over the field indexes of a checkpoint (docs/decisions/field-indexes-in-checkpoints.md). The record table is the authority: where an index may be
/// wrong, or does not agree with it, slots are put in anew from their records. Everything it reads is derived, so an index that does not check is left
/// to be built. Thread safety: none; used while a partition opens, before the replay.
/// </summary>
internal sealed class FieldIndexLoader(IFileSystem files, string directory, CheckpointEntry checkpoint, Partition partition)
{
    /// <summary>When this part of the slots disagrees, building the index anew costs little more.</summary>
    private const int WorthLoading = 8;

    private readonly ChunkedBits _live = new();

    public void Run()
    {
        for (int i = 0; i < checkpoint.FieldIndexes.Count; i++)
        {
            FieldIndexSnapshot saved = checkpoint.FieldIndexes[i];
            BuiltIndex? declared = partition.FieldIndexes.All.FirstOrDefault(index => !index.IsReady && index.Values.Field == saved.Field && SchemaNames.Of(index.Type) == saved.Type);
            if (declared is not null)
            {
                TryLoad(i, saved, declared);
            }
        }
    }

    private void TryLoad(int number, FieldIndexSnapshot saved, BuiltIndex declared)
    {
        partition.Memory.Settle(0);
        long reserved = 0;
        try
        {
            using var stream = new SnapshotReader(
                files,
                DatabasePaths.ValuesSnapshot(directory, number, checkpoint.Number),
                new SnapshotHeader(SnapshotKind.FieldValues, 0, partition.CollectionId, checkpoint.Number, (uint)number),
                saved.File.Bytes,
                saved.File.Checksum);
            var reader = new ValueReader(stream, checkpoint.Slots);
            long memory = ValueSnapshot.LoadHeader(reader, saved.Field, declared.Type);
            if (!partition.Memory.TryReserve(memory))
            {
                return;
            }

            reserved = memory;
            ValueIndex values = BuiltIndex.Create(saved.Field, declared.Type).Values;
            var changed = new ChunkedBits();
            ValueSnapshot.Load(reader, values, changed);
            if (stream.Read(new byte[1]) == 0 && TryAgree(values, changed))
            {
                partition.FieldIndexes.Use(declared, values);
            }
        }
        catch (Exception exception) when (exception is HypervexException { Code: ErrorCode.Damaged or ErrorCode.StorageUnavailable or ErrorCode.UnsupportedFormat }
            or EndOfStreamException or InvalidDataException)
        {
            // The declared index stays empty, and is built in the background.
        }
        finally
        {
            partition.Memory.Settle(reserved);
        }
    }

    /// <summary>Makes an index agree with the record table; false when too much of it does not.</summary>
    private bool TryAgree(ValueIndex values, ChunkedBits changed)
    {
        if (_live.Count == 0)
        {
            FindLive();
        }

        long differing = 0;
        Span<ulong> words = stackalloc ulong[1];
        for (int chunk = 0; chunk < Math.Max(_live.Chunks, values.Live.Chunks); chunk++)
        {
            for (int word = 0; word < SlotChunks.Words; word++)
            {
                words[0] = (WordOf(_live, chunk, word) ^ WordOf(values.Live, chunk, word)) & ~WordOf(changed, chunk, word);
                differing += BitOperations.PopCount(words[0]);
                changed.SetAll(((uint)chunk * SlotChunks.Slots) + ((uint)word * 64), words);
            }
        }

        if (differing > checkpoint.Slots / WorthLoading)
        {
            return false;
        }

        if (changed.Count > 0)
        {
            values.Forget(changed);
            AddFromRecords(values, changed);
        }

        return true;
    }

    private void AddFromRecords(ValueIndex values, ChunkedBits slots)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            for (int chunk = 0; chunk < slots.Chunks; chunk++)
            {
                ReadOnlySpan<ulong> words = slots.Chunk(chunk);
                for (int word = 0; word < words.Length; word++)
                {
                    for (ulong rest = words[word] & WordOf(_live, chunk, word); rest != 0; rest &= rest - 1)
                    {
                        uint slot = ((uint)chunk * SlotChunks.Slots) + ((uint)word * 64) + (uint)BitOperations.TrailingZeroCount(rest);
                        if (partition.Records.TryGet(slot, out RecordTable.Found found))
                        {
                            values.Add(slot, partition.Read(found, buffer, out _).Metadata);
                        }
                    }
                }
            }
        }
        finally
        {
            buffer.Return();
        }
    }

    private void FindLive()
    {
        for (uint slot = 0; slot < partition.Records.SlotCount; slot++)
        {
            if (partition.Records.TryGet(slot, out _))
            {
                _live.Set(slot);
            }
        }
    }

    private static ulong WordOf(ChunkedBits bits, int chunk, int word)
    {
        ReadOnlySpan<ulong> words = bits.Chunk(chunk);
        return word < words.Length ? words[word] : 0;
    }
}
