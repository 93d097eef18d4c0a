namespace Hypervex.FaultDriver;

/// <summary>What a record holds, as a function of its id and the stamp that wrote it; and the way back.</summary>
internal static class RecordContent
{
    public const int Dimension = 8;
    private const string StampKey = "stamp";
    private const string ChangeKey = "change";

    public static float[] Vector(string id, long stamp)
    {
        Random random = Chance.From(stamp, Chance.Of(id));
        var vector = new float[Dimension];
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] = (random.NextSingle() * 2) - 1;
        }

        return vector;
    }

    public static VectorRecord Make(string id, long stamp)
    {
        Random random = Chance.From(stamp, Chance.Of(id), 1);
        return new VectorRecord(id, Vector(id, stamp))
        {
            Metadata = new MetadataObject
            {
                [StampKey] = stamp,
                ["tag"] = $"t{random.Next(10)}",
                ["nested"] = new MetadataObject { ["list"] = new MetadataValue[] { random.Next(), random.NextDouble(), true, MetadataValue.Null } },
            },
            Document = random.Next(3) == 0 ? new string((char)('a' + random.Next(26)), random.Next(random.Next(10) == 0 ? 6000 : 200)) : null,
        };
    }

    public static RecordUpdate Change(long stamp) => new() { Metadata = new MetadataObject { [ChangeKey] = stamp } };

    /// <summary>Which state a record is in; <paramref name="problem"/> says what belongs to no state at all, or to two.</summary>
    public static RecordState Read(VectorRecord record, out string? problem)
    {
        if (record.Metadata is not { } metadata || !metadata.TryGetValue(StampKey, out MetadataValue stamp))
        {
            problem = $"{record.Id} has no stamp";
            return default;
        }

        long change = metadata.TryGetValue(ChangeKey, out MetadataValue changed) ? changed.AsInteger() : 0;
        VectorRecord expected = Make(record.Id, stamp.AsInteger());
        if (change != 0)
        {
            expected.Metadata![ChangeKey] = change;
        }

        problem = !expected.Vector.AsSpan().SequenceEqual(record.Vector) ? $"{record.Id} has the stamp {stamp} and the vector of another"
            : !metadata.Equals(expected.Metadata) ? $"{record.Id} has metadata that nobody wrote: {metadata}"
            : (record.Document ?? "") != (expected.Document ?? "") ? $"{record.Id} has the stamp {stamp} and the document of another"
            : null;
        return new RecordState(stamp.AsInteger(), change);
    }
}
