using Hypervex.Storage;

namespace Hypervex.Collections;

/// <summary>
/// One put of one record or of a batch: encodes the records under the schema as it is, lets them decide dimensions, and tries to append them.
/// Thread safety: one try at a time. Disposing it, when nothing is tried any more, gives the buffers back.
/// </summary>
internal sealed class RecordPut(Collection collection, PartitionWriter writer, IReadOnlyList<VectorRecord> records, WriteOptions? options, bool mustBeNew) : IDisposable
{
    private EncodedRecords? _encoded;
    private CollectionSchema? _schema;
    private Ack _ack;

    /// <summary>Tries to append a single record.</summary>
    public Attempt<Ack> TryOne() => Try().With(_ack);

    /// <summary>Tries to append the records as one atomic batch; of those with the same id the last one.</summary>
    public Attempt<BatchAck> TryBatch()
    {
        Attempt<ulong> attempt = Try();
        return attempt.With(new BatchAck(attempt.Result, _encoded!.Count, _encoded.Superseded));
    }

    public void Dispose() => _encoded?.Dispose();

    private Attempt<ulong> Try()
    {
        while (_schema is null || !ReferenceEquals(_schema, collection.Schema))
        {
            CollectionSchema schema = collection.Schema;
            _encoded?.Dispose();
            _encoded = null;
            _encoded = Encode(schema);
            Task? decided = collection.DecideDimensions(_encoded, schema);
            if (decided is { IsCompleted: false })
            {
                return Attempt<ulong>.Again(decided);
            }

            _schema = decided is null ? schema : null;
        }

        return writer.TryPut(_encoded!, _schema, options, mustBeNew, null, out _ack);
    }

    /// <summary>Checks all records before anything is decided.</summary>
    private EncodedRecords Encode(CollectionSchema schema)
    {
        var encoded = new EncodedRecords(records.Count, collection.Partition.Records);
        try
        {
            for (int i = 0; i < records.Count; i++)
            {
                encoded.Add(records[i], schema, options?.KeepCreatedAt ?? false);
                if (encoded.BodyBytes > Limits.MaxBatchBytes)
                {
                    throw new HypervexException(ErrorCode.LimitOutOfRange, $"The batch is larger than {Limits.MaxBatchBytes} bytes; send it in parts.");
                }
            }

            CheckSameDimensions(encoded, schema);
            encoded.DropSuperseded();
            return encoded;
        }
        catch
        {
            encoded.Dispose();
            throw;
        }
    }

    /// <summary>While a dimension is undecided, the first vector of the batch decides it for the rest of the batch too.</summary>
    private void CheckSameDimensions(EncodedRecords encoded, CollectionSchema schema)
    {
        if (schema.HasAllDimensions)
        {
            return;
        }

        var decided = new Dictionary<uint, int>();
        for (int i = 0; i < encoded.Count; i++)
        {
            foreach ((uint field, int dimension) in encoded.Dimensions(i))
            {
                if (!decided.TryAdd(field, dimension) && decided[field] != dimension)
                {
                    FieldSchema schemaOfField = schema.Fields.First(candidate => candidate.Id == field);
                    throw VectorChecks.Mismatch(schemaOfField with { Options = schemaOfField.Options with { Dimension = decided[field] } }, dimension, records[i].Id);
                }
            }
        }
    }
}
