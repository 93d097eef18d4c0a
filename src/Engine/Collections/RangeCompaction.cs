using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Writes the frames of a contiguous range of sealed segments that still matter into one compacted segment, and moves their records there
/// (docs/formats/log.md, "Compacted segments"). Thread safety: one at a time for a partition; writes and reads go on meanwhile.
/// </summary>
internal sealed class RangeCompaction(IFileSystem files, string directory, Partition partition, DatabaseOptions options)
{
    private readonly List<(uint Slot, RecordLocation From, RecordLocation To, int Length)> _moves = [];
    private ulong _forgottenUpTo;

    /// <summary>Whether a range holds nothing that could go. Reads all of it.</summary>
    /// <param name="inputs">Contiguous sealed segments.</param>
    /// <param name="isPrefix">Whether no older frame of any id stands before them.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public bool IsClean(LogSegment[] inputs, bool isPrefix, CancellationToken cancellationToken)
    {
        bool clean = true;
        Visit(inputs, (header, frame, location) => clean = clean && Stays(header, frame, location, isPrefix, out _), cancellationToken);
        return clean;
    }

    /// <summary>Writes the output, durably and under its name, and puts it in the place of its inputs.</summary>
    /// <param name="inputs">Contiguous sealed segments whose operations have been applied.</param>
    /// <param name="isPrefix">Whether no older frame of any id stands before them.</param>
    /// <param name="publishing">Set while the output has its name and is not in its place yet.</param>
    /// <param name="cancellationToken">Ends it early; nothing has changed then.</param>
    /// <returns>Records that stand in the output now.</returns>
    public long Run(LogSegment[] inputs, bool isPrefix, ref bool publishing, CancellationToken cancellationToken)
    {
        SegmentHeader first = inputs[0].Header;
        Log log = partition.Log;
        int ordinal = log.Segments.TakeOrdinal();
        using var writer = new CompactedSegmentWriter(files, directory, first with { Nonce = Log.NewNonce() }, LastOf(inputs[^1]), inputs.Length);
        _moves.Clear();
        _forgottenUpTo = inputs.Max(input => input.Header.Compacted?.ForgottenUpTo ?? 0);
        Visit(inputs, Copy, cancellationToken);

        // What put the other frames out of date must not be lost once they are gone.
        Reach(KillPlace.CompactionBeforeLogSync);
        log.Sync();
        Reach(KillPlace.CompactionBeforeSync);
        SegmentHeader finished = writer.Finish(log.DurableSequence, inputs.All(input => input.Header.Compacted is not { SaysForgotten: false }) ? _forgottenUpTo : null);
        Reach(KillPlace.CompactionBeforeRename);
        publishing = true;
        writer.Publish();
        Reach(KillPlace.CompactionAfterRename);
        LogSegment output = LogSegment.OpenCompacted(files, writer.Path, finished, ordinal);
        output.CountDelete(finished.Compacted!.FrameBytes - _moves.Sum(move => (long)move.Length));
        log.Segments.Replace(inputs, output);
        publishing = false;
        return Relocate(output);

        void Copy(FrameHeader header, ReadOnlySpan<byte> frame, RecordLocation location)
        {
            if (Stays(header, frame, location, isPrefix, out uint slot))
            {
                var to = new RecordLocation(ordinal, writer.Add(header, frame));
                if (header.Kind == FrameKind.Put)
                {
                    _moves.Add((slot, location, to, header.FrameLength));
                }
            }
        }
    }

    private long Relocate(LogSegment output)
    {
        long moved = 0;
        foreach ((uint slot, RecordLocation from, RecordLocation to, int length) in _moves)
        {
            if (partition.Records.TryRelocate(slot, from, to))
            {
                moved++;
            }
            else
            {
                output.CountDead(length); // overwritten or deleted while it was copied
            }
        }

        _moves.Clear();
        return moved;
    }

    private bool Stays(FrameHeader header, ReadOnlySpan<byte> frame, RecordLocation location, bool isPrefix, out uint slot)
    {
        ReadOnlySpan<byte> body = frame.Slice(FrameHeader.Size, header.BodyLength);
        slot = 0;
        return header.Kind switch
        {
            FrameKind.Put => IsLatest(Partition.ReadPut(header, body).Id, location, out slot),
            FrameKind.Delete => DeleteStays(header, body, isPrefix),
            _ => false,
        };
    }

    private bool IsLatest(ReadOnlySpan<byte> id, RecordLocation location, out uint slot)
    {
        uint tag = partition.Records.TagOf(id);
        for (uint from = 0; partition.Records.TryFind(tag, ref from, out RecordTable.Found found);)
        {
            if (found.Location == location)
            {
                slot = found.Slot;
                return true;
            }
        }

        slot = 0;
        return false;
    }

    private bool DeleteStays(FrameHeader header, ReadOnlySpan<byte> body, bool isPrefix)
    {
        TombstoneBody tombstone = Partition.ReadDelete(header, body);
        if (isPrefix && options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds() - tombstone.DeletedAtMs >= options.TombstoneRetention.TotalMilliseconds)
        {
            _forgottenUpTo = Math.Max(_forgottenUpTo, header.Sequence);
            return false;
        }

        FrameBuffer buffer = FrameBuffer.Rent();
        try
        {
            return !partition.TryFind(tombstone.Id, buffer, out _, out FrameHeader live, out _) || live.Sequence < header.Sequence;
        }
        finally
        {
            buffer.Return();
        }
    }

    private void Visit(LogSegment[] inputs, FrameVisitor visit, CancellationToken cancellationToken)
    {
        foreach (LogSegment input in inputs)
        {
            ulong last = LastOf(input);
            var scanner = new SegmentScanner(input);
            while (!scanner.IsAtEnd(last))
            {
                cancellationToken.ThrowIfCancellationRequested();
                long offset = scanner.Offset;
                if (!scanner.TryNext(out FrameHeader header, out ReadOnlySpan<byte> frame))
                {
                    throw StorageErrors.Damaged(
                        input.File.Path,
                        offset,
                        $"the frame of sequence {scanner.Expected} is damaged ({scanner.DescribeBadPlace()}), so the log is not compacted. Run `hypervex verify`.");
                }

                visit(header, frame, new RecordLocation(input.Ordinal, offset));
            }
        }
    }

    private ulong LastOf(LogSegment segment)
    {
        LogSegment[] chain = partition.Log.Segments.InOrder;
        return chain[Array.IndexOf(chain, segment) + 1].Header.FirstSequence - 1;
    }

    private void Reach(KillPlace place)
    {
        KillPoint.Hit(place);
        options.Reached?.Invoke(place);
    }
}
