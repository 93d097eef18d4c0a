using System.Globalization;

namespace Hypervex.Server.Json;

/// <summary>A record of a batch that could not be read or written.</summary>
/// <param name="Index">Its index in the batch, from 0.</param>
/// <param name="Error">What is wrong with it.</param>
internal readonly record struct BatchFault(int Index, HypervexException Error);

/// <summary>
/// A batch of records to upsert: <c>{"vectors": [record, ..], "partial": false}</c>.
/// Invariant: unless it is partial, no record is null and there are no faults.
/// Thread safety: immutable.
/// </summary>
/// <param name="Records">The records in the order of the body; null for one with a fault.</param>
/// <param name="Faults">What could not be read, in order of index.</param>
/// <param name="Partial">Whether the good records are to be written although others are bad.</param>
internal sealed record BatchJson(IReadOnlyList<VectorRecord?> Records, IReadOnlyList<BatchFault> Faults, bool Partial)
{
    private static readonly KeySet _keys = new("vectors", "partial");

    /// <summary>The batch that the reader stands on.</summary>
    public static BatchJson Read(ref StrictJson json)
    {
        json.ExpectObject();
        List<VectorRecord?>? records = null;
        var faults = new List<BatchFault>();
        bool partial = false;
        ulong seen = 0;
        while (json.NextKey(_keys, ref seen) is { } key)
        {
            if (key == "partial")
            {
                partial = json.ReadBoolean();
            }
            else
            {
                records = ReadRecords(ref json, faults);
            }
        }

        if (records is null)
        {
            throw json.Fail(ErrorCode.InvalidJson, "the key \"vectors\" is missing.");
        }

        return partial || faults.Count == 0 ? new BatchJson(records, faults, partial) : throw faults[0].Error;
    }

    /// <summary>Whether an error lies in one record alone, so that the others of a partial batch can be written.</summary>
    public static bool IsFaultOfOneRecord(ErrorCode code) => code is
        ErrorCode.InvalidVector or ErrorCode.NonFiniteVector or ErrorCode.DimensionMismatch or ErrorCode.ZeroNorm
        or ErrorCode.OutOfDomain or ErrorCode.InvalidId or ErrorCode.InvalidMetadata or ErrorCode.InvalidDocument
        or ErrorCode.CapacityExceeded;

    private static List<VectorRecord?> ReadRecords(ref StrictJson json, List<BatchFault> faults)
    {
        json.ExpectArray();
        var records = new List<VectorRecord?>();
        for (int index = -1; json.NextItem(ref index);)
        {
            if (index == Limits.MaxBatch)
            {
                throw json.Fail(ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"a batch holds at most {Limits.MaxBatch} records."));
            }

            records.Add(ReadRecord(ref json, index, faults));
        }

        return records;
    }

    // Whether the batch is partial may be said behind the records, so a fault is kept until the whole body has been read.
    private static VectorRecord? ReadRecord(ref StrictJson json, int index, List<BatchFault> faults)
    {
        StrictJson start = json;
        int depth = json.Path.Depth;
        try
        {
            return RecordJson.Read(ref json);
        }
        catch (HypervexException error) when (IsFaultOfOneRecord(error.Code))
        {
            faults.Add(new BatchFault(index, error));
            json = start;
            json.Path.LeaveTo(depth);
            SkipRecord(ref json, error);
            return null;
        }
    }

    // The words NaN and Infinity cannot be passed over: with them the body is no JSON, and the batch is refused as a whole.
    private static void SkipRecord(ref StrictJson json, HypervexException error)
    {
        try
        {
            json.Reader.Skip();
        }
        catch (System.Text.Json.JsonException)
        {
            throw error;
        }
    }
}
