using System.Runtime.InteropServices;
using Hypervex.Distances;
using Hypervex.Metadata;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// Checks a collection that is open: every frame of the log, every live record against its rows, every graph. Searches and writes go on meanwhile;
/// records that change under the check are passed over. Thread safety: one run at a time for each object.
/// </summary>
internal sealed class CollectionVerifier(Partition partition, CollectionSchema schema, IFileSystem files, string directory)
{
    private readonly List<VerifyFinding> _findings = [];
    private long _frames;
    private long _rows;
    private long _nodes;

    public VerifyReport Run(CancellationToken cancellationToken)
    {
        ulong upTo = partition.AppliedSequence;
        LogSegment[] segments = partition.Log.Segments.InOrder;
        for (int i = 0; i < segments.Length; i++)
        {
            CheckSegment(segments[i], i + 1 < segments.Length ? segments[i + 1].Header.FirstSequence - 1 : upTo, cancellationToken);
        }

        CheckRecords(cancellationToken);
        CheckFiles();
        foreach (VectorField field in partition.Fields)
        {
            string where = $"index of field \"{field.Schema.Name}\"";
            field.Index.Verify(message => Add("", $"{where}: {message}"), out long nodes);
            _nodes += nodes;
        }

        return new VerifyReport { Frames = _frames, Rows = _rows, Nodes = _nodes, Findings = _findings };
    }

    private void CheckSegment(LogSegment segment, ulong upTo, CancellationToken cancellationToken)
    {
        var scanner = new SegmentScanner(segment);
        while (!scanner.IsAtEnd(upTo))
        {
            cancellationToken.ThrowIfCancellationRequested();
            long offset = scanner.Offset;
            if (!scanner.TryNext(out FrameHeader header, out ReadOnlySpan<byte> frame))
            {
                Add(segment.File.Path, $"offset {offset}: the frame of sequence {scanner.Expected} is damaged ({scanner.DescribeBadPlace()}).");
                return;
            }

            _frames++;
            ReadOnlySpan<byte> body = frame.Slice(FrameHeader.Size, header.BodyLength);
            if (header.Kind == FrameKind.Put)
            {
                if (!RecordBody.TryRead(body, out RecordBody record))
                {
                    Add(segment.File.Path, $"offset {offset}: the frame checks, but is not a record.");
                }
                else if (!record.Metadata.IsEmpty && !MetadataEncoding.TryValidate(record.Metadata, out string? problem))
                {
                    Add(segment.File.Path, $"offset {offset}: metadata of record \"{Names.Decode(record.Id)}\": {problem}");
                }
            }
            else if (header.Kind == FrameKind.Delete && !TombstoneBody.TryRead(body, out _))
            {
                Add(segment.File.Path, $"offset {offset}: the frame checks, but is not a deletion.");
            }
        }
    }

    /// <summary>The files that opening reads before the log: they must be whole even while everything works without them.</summary>
    private void CheckFiles()
    {
        if (!files.IsDurable)
        {
            return;
        }

        _ = CollectionSchema.Load(files, directory, out string? damage);
        if (damage is not null)
        {
            Add(DatabasePaths.CollectionFile(directory), damage);
        }

        if (CollectionSchema.InspectPrevious(files, directory) is { } previous)
        {
            Add(DatabasePaths.CollectionFile(directory) + DatabasePaths.PreviousSuffix, previous);
        }

        lock (partition.Checkpointer.Exclusive)
        {
            _findings.AddRange(new DerivedFiles(files, DatabasePaths.Partition(directory, 0), schema.Id).Check(rows: false));
        }
    }

    private void CheckRecords(CancellationToken cancellationToken)
    {
        FrameBuffer buffer = FrameBuffer.Rent();
        uint slots = partition.Records.SlotCount;
        for (uint slot = 0; slot < slots; slot++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (partition.Records.TryGet(slot, out RecordTable.Found found))
            {
                CheckRecord(found, buffer);
            }
        }

        buffer.Return();
    }

    private void CheckRecord(RecordTable.Found found, FrameBuffer buffer)
    {
        RecordBody record;
        try
        {
            record = partition.Read(found, buffer, out _);
        }
        catch (HypervexException exception) when (exception.Code == ErrorCode.Damaged)
        {
            Add("", $"slot {found.Slot}: {exception.Message}");
            return;
        }

        bool changed = !partition.Records.TryGet(found.Slot, out RecordTable.Found now) || now != found;
        if (changed)
        {
            return;
        }

        if ((uint)record.Fixed.VectorsSequence != found.Row)
        {
            Add("", $"slot {found.Slot}: the table names row {found.Row}, record \"{Names.Decode(record.Id)}\" has {(uint)record.Fixed.VectorsSequence}.");
        }

        if (!FindsItself(record.Id, found.Slot))
        {
            Add("", $"slot {found.Slot}: record \"{Names.Decode(record.Id)}\" is not found by its id.");
        }

        foreach (RecordVector vector in record.Vectors)
        {
            CheckRow(found.Slot, record, vector);
        }
    }

    private bool FindsItself(ReadOnlySpan<byte> id, uint slot)
    {
        uint tag = partition.Records.TagOf(id);
        for (uint from = 0; partition.Records.TryFind(tag, ref from, out RecordTable.Found candidate);)
        {
            if (candidate.Slot == slot)
            {
                return true;
            }
        }

        return false;
    }

    private void CheckRow(uint slot, in RecordBody record, in RecordVector vector)
    {
        if (partition.FieldOf(vector.Field) is not { } field || !field.Holds(vector))
        {
            Add("", $"slot {slot}: record \"{Names.Decode(record.Id)}\" has a vector in field {vector.Field} that schema {schema.Version} does not know.");
            return;
        }

        _rows++;
        ReadOnlySpan<byte> row;
        try
        {
            row = field.Rows.Row(slot, new byte[field.Rows.Layout.Stride]);
        }
        catch (HypervexException exception) when (exception.Code is ErrorCode.Damaged or ErrorCode.StorageUnavailable)
        {
            Add(field.Rows.PathOf(slot), $"slot {slot}: the row of record \"{Names.Decode(record.Id)}\" cannot be read: {exception.Message}");
            return;
        }

        var expected = new float[field.RowLength];
        VectorShape.ToRow(Measure.Of(field.Schema.Options), vector, expected);
        if (!field.Rows.Layout.RowChecks(row, (uint)record.Fixed.VectorsSequence)
            || !row[..field.Rows.Layout.RowLength].SequenceEqual(MemoryMarshal.AsBytes<float>(expected)))
        {
            Add(field.Rows.PathOf(slot), $"slot {slot}: the row of record \"{Names.Decode(record.Id)}\" is not what its log frame says.");
        }
    }

    private void Add(string file, string message) => _findings.Add(new VerifyFinding(file, message));
}
