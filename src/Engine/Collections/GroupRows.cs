using System.Runtime.ExceptionServices;
using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// The rows of one group's new records, in slots that were never used and follow each other. They are taken before the group goes to the log, and the rows
/// of a large group are written by another thread while the committer writes and syncs it: a row is derived from the log, and until the group is applied no
/// reader, no index and no checkpoint knows its slot.
/// Invariants: (1) the slots are this group's alone until they are applied or <see cref="RowPlacement.Abandon"/> gives them back; (2) the group's
/// buffer is read by one thread at most, and not after <see cref="Wait"/>; (3) once <see cref="Wait"/> has returned, every row is in its place.
/// Thread safety: <see cref="Execute"/> from any thread, at any time; all others for the committer.
/// </summary>
internal sealed class GroupRows : IThreadPoolWorkItem
{
    /// <summary>A thread is woken for so many rows: writing fewer takes less time than that.</summary>
    private const int WorthAThread = 64;

    /// <summary>So many rows are written before others, who repair or erase one, have their turn.</summary>
    private const int RowsAtOnce = 256;

    /// <summary>So many records are given room in the table at a time.</summary>
    private const int TagsAtOnce = 16;

    private readonly LogGroup _group;
    private readonly VectorField[] _fields;
    private readonly RecordTable _records;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ExceptionDispatchInfo? _fault;
    private int _claimed;

    /// <param name="group">The group, which nobody changes any more, but for its headers.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="records">The table that they will be added to.</param>
    /// <param name="first">The first slot.</param>
    /// <param name="count">How many slots: records of the group that take one.</param>
    public GroupRows(LogGroup group, VectorField[] fields, RecordTable records, uint first, int count)
    {
        _group = group;
        _fields = fields;
        _records = records;
        First = first;
        Count = count;
    }

    /// <summary>The slot of the first record that takes one.</summary>
    public uint First { get; }

    /// <summary>How many slots there are.</summary>
    public int Count { get; }

    /// <summary>Lets a pool thread write the rows, if that is worth it. Should none be free, <see cref="Wait"/> writes them.</summary>
    public void Start()
    {
        if (Count >= WorthAThread)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Writes the rows, if nobody has begun to.</summary>
    public void Execute()
    {
        if (Interlocked.Exchange(ref _claimed, 1) != 0)
        {
            return;
        }

        try
        {
            foreach (VectorField field in _fields)
            {
                Write(field);
            }

            MakeRoom();
        }
#pragma warning disable CA1031 // It belongs to the committer.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _fault = ExceptionDispatchInfo.Capture(exception);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    /// <summary>Waits until the rows are in their places; throws what kept them from it.</summary>
    public void Wait()
    {
        Settle();
        _fault?.Throw();
    }

    /// <summary>Waits until nobody reads the group any more.</summary>
    public void Settle()
    {
        Execute();
        _ended.Task.Wait();
    }

    /// <summary>Whether a record was written with vectors that it did not have before.</summary>
    public static bool TakesRow(FrameHeader header, ReadOnlySpan<byte> body) =>
        header.Kind == FrameKind.Put && RecordBody.VectorsSequenceOf(body) == header.Sequence;

    /// <summary>How many records of a group take a slot.</summary>
    public static int CountIn(LogGroup group)
    {
        int rows = 0;
        foreach (ref readonly LogGroup.Entry entry in group.Entries)
        {
            rows += TakesRow(entry.Header, group.Body(entry)) ? 1 : 0;
        }

        return rows;
    }

    /// <summary>The table's room is made here, while the log is synced, and not while the records are applied.</summary>
    private void MakeRoom()
    {
        Span<uint> tags = stackalloc uint[TagsAtOnce];
        int count = 0;
        foreach (ref readonly LogGroup.Entry entry in _group.Entries)
        {
            if (TakesRow(entry.Header, _group.Body(entry)))
            {
                tags[count++] = entry.Tag;
                if (count == tags.Length)
                {
                    for (; count > 0; count -= _records.MakeRoom(tags[^count..]))
                    {
                    }
                }
            }
        }
    }

    private void Write(VectorField field)
    {
        ReadOnlySpan<LogGroup.Entry> rest = _group.Entries;
        uint slot = First;
        while (rest.Length > 0)
        {
            ReadOnlySpan<LogGroup.Entry> some = rest[..Math.Min(rest.Length, RowsAtOnce)];
            rest = rest[some.Length..];
            lock (field.Writing)
            {
                foreach (ref readonly LogGroup.Entry entry in some)
                {
                    ReadOnlySpan<byte> body = _group.Body(entry);
                    if (TakesRow(entry.Header, body))
                    {
                        Place(field, slot++, Partition.ReadPut(entry.Header, body), some.Length);
                    }
                }

                field.Rows.Flush();
            }
        }
    }

    private static void Place(VectorField field, uint slot, in RecordBody record, int rows)
    {
        foreach (RecordVector vector in record.Vectors)
        {
            if (vector.Field == field.Schema.Id && field.Holds(vector)) // what no field holds is found while the record is applied
            {
                field.PlaceRow(slot, vector, record.Fixed.VectorsSequence, rows);
            }
        }
    }
}
