using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Checks the chunks' headers and the rows of all slots that are live, as they stand in the files. A row that does not check is written anew from the
/// log. Thread safety: none.
/// </summary>
internal sealed class ScrubOfRows(IFileSystem files, Partition partition, ScrubSteps steps, ScrubTally tally)
{
    private const string WhatToDo = "No record is lost by that: close the collection and open it again, which builds all rows anew from the log, or run `hypervex repair`.";

    /// <summary>Checks from a slot of a field on; fields go by id.</summary>
    /// <param name="field">The field.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="reached">Told, after each step, the field and slot that come next.</param>
    public void Run(uint field, uint slot, Action<uint, uint> reached)
    {
        foreach (VectorField each in partition.Fields.OrderBy(each => each.Schema.Id).Where(each => each.Schema.Id >= field))
        {
            uint next = each.Schema.Id == field ? slot : 0;
            var rows = new byte[Math.Max(1, ScrubSteps.Bytes / each.Rows.Layout.Stride) * each.Rows.Layout.Stride];
            while (next < partition.Records.SlotCount)
            {
                steps.Run(() => CheckSome(each, rows, ref next));
                reached(each.Schema.Id, next);
            }
        }
    }

    /// <summary>Checks rows that follow each other in one chunk, the header with the first of them.</summary>
    private long CheckSome(VectorField field, byte[] rows, ref uint next)
    {
        ChunkLayout layout = field.Rows.Layout;
        uint first = next;
        uint number = first >> layout.Shift;
        long behind = Math.Min(partition.Records.SlotCount, (number + 1L) << layout.Shift);
        int count = (int)Math.Min(rows.Length / layout.Stride, behind - first);
        if (count <= 0)
        {
            return 0; // chunks have been given up
        }

        next = first + (uint)count;
        string path = field.Rows.PathOf(first);
        Span<byte> bytes = rows.AsSpan(0, count * layout.Stride);
        try
        {
            using IFile file = files.Open(path, OpenMode.Read);
            if (layout.OffsetInChunk(first) == 0 && !HeaderChecks(file, field, number))
            {
                AddUnlessGivenUp(first, path, "The file's header is not that of this field's chunk.");
            }

            int read = file.Read(bytes, ChunkLayout.HeaderSize + layout.OffsetInChunk(first));
            if (read < bytes.Length)
            {
                AddUnlessGivenUp(first, path, $"The file ends within the rows of the slots {first} to {next - 1}.");
                return read;
            }

            CheckRows(field, file, first, bytes);
            return bytes.Length;
        }
        catch (HypervexException exception) when (exception.Code is ErrorCode.StorageUnavailable)
        {
            AddUnlessGivenUp(first, path, exception.Message);
            return 0;
        }
    }

    private bool HeaderChecks(IFile file, VectorField field, uint number)
    {
        var header = new byte[ChunkLayout.HeaderSize];
        return file.Read(header, 0) == header.Length && field.Rows.Layout.HeaderMatches(header, partition.CollectionId, 0, field.Schema.Id, number);
    }

    private void CheckRows(VectorField field, IFile file, uint first, ReadOnlySpan<byte> rows)
    {
        int stride = field.Rows.Layout.Stride;
        int bad = 0;
        int repaired = 0;
        uint slot = first;
        for (int at = 0; at < rows.Length; at += stride, slot++)
        {
            if (IsBad(field, slot, rows.Slice(at, stride)))
            {
                // It was read while rows are written and slots change hands: once more while they do not.
                lock (partition.Still)
                {
                    var row = new byte[stride];
                    if (file.Read(row, ChunkLayout.HeaderSize + field.Rows.Layout.OffsetInChunk(slot)) < stride || IsBad(field, slot, row))
                    {
                        bad++;
                        repaired += IsRepaired(field, slot) ? 1 : 0;
                    }
                }
            }
        }

        if (bad > 0)
        {
            string which = $"{bad} of the rows of the slots {first} to {slot - 1} {(bad == 1 ? "does" : "do")} not check.";
            string end = repaired == bad ? "Written again from the log." : $"{repaired} could be written again from the log. {WhatToDo}";
            tally.Add(new VerifyFinding(file.Path, $"{which} {end}"), repaired == bad);
        }
    }

    /// <summary>Whether a slot's record has a vector in the field, of which the row is not the whole and right one.</summary>
    private bool IsBad(VectorField field, uint slot, ReadOnlySpan<byte> row) =>
        partition.Records.TryGet(slot, out RecordTable.Found found) && field.Index.Contains(slot) && !field.Rows.Layout.RowChecks(row, found.Row);

    private bool IsRepaired(VectorField field, uint slot)
    {
        if (partition.Log.Failed is not null || !partition.Records.TryGet(slot, out RecordTable.Found found))
        {
            return false; // after a defect memory may not be whole
        }

        try
        {
            partition.RepairRow(field, found);
            return true;
        }
        catch (HypervexException)
        {
            return false; // the frame is damaged as well, or the disk does not take it
        }
    }

    private void AddUnlessGivenUp(uint slot, string path, string message)
    {
        lock (partition.Still)
        {
            if (slot < partition.Records.SlotCount)
            {
                tally.Add(new VerifyFinding(path, $"{message} {WhatToDo}"), isRepaired: false);
            }
        }
    }
}
