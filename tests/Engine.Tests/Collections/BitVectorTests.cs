namespace Hypervex.Engine.Tests.Collections;

/// <summary>Bit vectors under hamming, from the record to the answer, in memory and over restarts.</summary>
public sealed class BitVectorTests : IDisposable
{
    private const int Seed = 97;
    private const int Bits = 100;
    private const int Bytes = 13;
    private const int Count = 4000;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Searches_agree_with_a_loop_over_bits_before_and_after_a_restart()
    {
        var random = new Random(Seed);
        float[][] centres = [.. Enumerable.Range(0, 40).Select(_ => Vector(random))];
        float[][] vectors = [.. Enumerable.Range(0, Count).Select(i => Flipped(centres[i % centres.Length], 12, random))];
        float[][] queries = [.. Enumerable.Range(0, 30).Select(i => Flipped(centres[i], 10, random))];
        using (Database database = Database.Open(_directory.Path))
        {
            Collection collection = database.CreateCollection("bits", CollectionOptions.Create(Bits, Metric.Hamming));
            collection.UpsertBatch([.. vectors.Take(Count / 2).Select((vector, i) => new VectorRecord($"r{i}", vector))]);
            collection.WaitForIndex();
            collection.Checkpoint();
            collection.UpsertBatch([.. vectors.Skip(Count / 2).Select((vector, i) => new VectorRecord($"r{i + (Count / 2)}", vector))]);
            collection.WaitForIndex();
            Check(collection, vectors, queries);
        }

        using Database again = Database.Open(_directory.Path);
        Collection opened = again.GetCollection("bits");
        Assert.Equal(vectors[17], opened.Get("r17")!.Vector);
        opened.WaitForIndex();
        Check(opened, vectors, queries);
        Assert.True(opened.Verify().Ok);
    }

    [Fact]
    public void An_update_keeps_the_bits_and_replaces_them_when_asked()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("bits", CollectionOptions.Create(16, Metric.Hamming));
        collection.Upsert("a", [1, 128]);
        collection.Update("a", new RecordUpdate { Document = "text" });
        Assert.Equal([1f, 128f], collection.Get("a")!.Vector!);
        collection.Update("a", new RecordUpdate { Vector = [3, 128] });
        Assert.Equal([3f, 128f], collection.Get("a")!.Vector!);
        collection.Upsert("b", [3, 129]);
        SearchHit hit = Assert.Single(collection.SearchById("a"));
        Assert.Equal(("b", 1f, 0.5f), (hit.Id, hit.Distance, hit.Score));
        Assert.Equal(0, collection.Search([3, 128], 1)[0].Distance);
    }

    [Fact]
    public void The_first_vector_decides_a_dimension_of_eight_bits_a_byte()
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("bits", CollectionOptions.Create(null, Metric.Hamming));
        collection.Upsert("a", [255, 0, 255]);
        Assert.Equal(24, collection.Options.Vectors[""].Dimension);
        Assert.Equal(ErrorCode.DimensionMismatch, Assert.Throws<HypervexException>(() => collection.Upsert("b", [1, 2])).Code);
    }

    public static TheoryData<ErrorCode, float[]> NoBits => new()
    {
        { ErrorCode.DimensionMismatch, [1] },
        { ErrorCode.DimensionMismatch, [1, 2, 3] },
        { ErrorCode.InvalidVector, [0, 256] },
        { ErrorCode.InvalidVector, [0, -1] },
        { ErrorCode.InvalidVector, [0.5f, 0] },
        { ErrorCode.InvalidVector, [0, 16] }, // bit 12 of 0 to 11
        { ErrorCode.NonFiniteVector, [float.NaN, 0] },
        { ErrorCode.NonFiniteVector, [0, float.PositiveInfinity] },
    };

    [Theory]
    [MemberData(nameof(NoBits))]
    public void What_is_no_bit_vector_of_the_dimension_is_refused(ErrorCode code, float[] vector)
    {
        using Database database = Database.CreateInMemory();
        Collection collection = database.CreateCollection("bits", CollectionOptions.Create(12, Metric.Hamming));
        collection.Upsert("good", [255, 15]);
        Assert.Equal(code, Assert.Throws<HypervexException>(() => collection.Upsert("a", vector)).Code);
        Assert.Equal(code, Assert.Throws<HypervexException>(() => collection.Search(vector, 1)).Code);
        Assert.Equal(1, collection.Count);
    }

    [Theory]
    [InlineData(QuantizationKind.Sq8)]
    [InlineData(QuantizationKind.Sq4)]
    public void Codes_of_numbers_are_refused_for_bits(QuantizationKind codes)
    {
        using Database database = Database.CreateInMemory();
        var options = new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = 16, Metric = Metric.Hamming, Quantization = codes } },
        };
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<HypervexException>(() => database.CreateCollection("bits", options)).Code);
    }

    private static void Check(Collection collection, float[][] vectors, float[][] queries)
    {
        const int K = 10;
        int found = 0;
        foreach (float[] query in queries)
        {
            int[] distances = [.. vectors.Select(vector => vector.Zip(query, (a, b) => int.PopCount((byte)a ^ (byte)b)).Sum())];
            int[] nearest = [.. distances.Order().Take(K)];
            SearchHits exact = collection.Search(query, K, new SearchOptions { Exact = true });
            Assert.Equal(nearest.Select(distance => (float)distance), exact.Select(hit => hit.Distance));
            Assert.All(exact, hit => Assert.Equal(distances[int.Parse(hit.Id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)], hit.Distance));
            SearchHits walked = collection.Search(query, K, new SearchOptions { Ef = 100 });
            Assert.True(walked.Report.Ef > 0); // by the graph
            found += walked.Count(hit => hit.Distance <= nearest[^1]);
        }

        Assert.True(found >= 0.95 * K * queries.Length, $"seed {Seed}: the graph found {found} of {K * queries.Length}");
    }

    private static float[] Vector(Random random)
    {
        byte[] bytes = new byte[Bytes];
        random.NextBytes(bytes);
        bytes[^1] &= (1 << (Bits % 8)) - 1;
        return Array.ConvertAll(bytes, x => (float)x);
    }

    private static float[] Flipped(float[] vector, int bits, Random random)
    {
        float[] flipped = [.. vector];
        for (int i = 0; i < bits; i++)
        {
            int bit = random.Next(Bits);
            flipped[bit / 8] = (byte)flipped[bit / 8] ^ (1 << (bit % 8));
        }

        return flipped;
    }
}
