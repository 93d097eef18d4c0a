using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypervex.Cli;
using Hypervex.Cli.Benchmarks;

namespace Hypervex.Bench.Run;

/// <summary>
/// Questions without a vector: a million records with ten metadata fields, each with an index; exact counts by keyword, range and what else indexes serve, and the memory of
/// the indexes beside its bound. Vectors are tiny and not linked, as nothing here looks at them.
/// </summary>
internal sealed class FieldsRun(BenchOptions options)
{
    private const int Dimension = 2;
    private const int KeywordBar = 5;
    private const int RangeBar = 10;
    private const int SlotsOfAChunk = 65_536;
    private const int TagsOfARecord = 2;
    private const int WordsOfATitle = 3;
    private static readonly string[] s_languages = ["ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "zh"];
    private static readonly string[] s_words = ["old", "oak", "tree", "river", "stone", "house", "green", "light", "night", "winter", "summer", "garden", "bridge", "market", "harbour", "island"];

    private static readonly Dictionary<string, FieldIndexType> s_indexes = new()
    {
        ["category"] = FieldIndexType.Keyword,
        ["language"] = FieldIndexType.Keyword,
        ["tags"] = FieldIndexType.Keyword,
        ["year"] = FieldIndexType.Integer,
        ["views"] = FieldIndexType.Integer,
        ["price"] = FieldIndexType.Float,
        ["active"] = FieldIndexType.Boolean,
        ["created"] = FieldIndexType.Datetime,
        ["place"] = FieldIndexType.Geo,
        ["title"] = FieldIndexType.Text,
    };

    // A keyword answers from its posting; the others go through a column, or several postings.
    private static readonly (string Filter, int Bar)[] s_questions =
    [
        ("""{"category": "c7"}""", KeywordBar),
        ("""{"language": "en"}""", KeywordBar),
        ("""{"language": {"$ne": "en"}}""", KeywordBar),
        ("""{"tags": "t3"}""", KeywordBar),
        ("""{"category": {"$in": ["c1", "c2", "c3", "c500"]}}""", KeywordBar),
        ("""{"category": "c7", "language": "en"}""", KeywordBar),
        ("""{"active": true}""", KeywordBar),
        ("""{"year": 2020}""", RangeBar),
        ("""{"year": {"$gte": 2020}}""", RangeBar),
        ("""{"views": {"$gte": 1000, "$lt": 500000}}""", RangeBar),
        ("""{"price": {"$lt": 42.5}}""", RangeBar),
        ("""{"created": {"$gte": "2024-01-01T00:00:00Z", "$lt": "2024-07-01T00:00:00Z"}}""", RangeBar),
        ("""{"place": {"$near": {"lat": 48.1, "lon": 11.5, "radius_m": 50000}}}""", RangeBar),
        ("""{"title": {"$match": "old oak"}}""", RangeBar),
        ("""{"language": "en", "year": {"$gte": 2000, "$lt": 2010}, "price": {"$gt": 100}}""", RangeBar),
        ("""{"$or": [{"category": "c7"}, {"year": {"$lt": 1910}}], "active": true}""", RangeBar),
    ];

    private readonly int _records = options.Quick ? 20_000 : 1_000_000;
    private readonly int _times = options.Quick ? 10 : 100;

    /// <summary>Fills a collection, asks, and weighs.</summary>
    public JsonObject Run()
    {
        using TemporaryDirectory directory = new("hypervex-fields", BenchPaths.Cache);
        using var database = Database.Open(directory.Path, new DatabaseOptions { Durability = Durability.OperatingSystem });
        Collection collection = database.CreateCollection("records", new CollectionOptions
        {
            Vectors = new Dictionary<string, VectorFieldOptions> { [""] = new() { Dimension = Dimension, Metric = Metric.L2, Index = new HnswOptions { Type = IndexType.Flat } } },
            FieldIndexes = s_indexes,
        });
        long begin = Stopwatch.GetTimestamp();
        Fill(collection);
        collection.WaitForFieldIndexes();
        Console.Error.WriteLine($"fields: {_records} records written and indexed in {Stopwatch.GetElapsedTime(begin).TotalSeconds:0.0} s");
        JsonArray questions = [.. s_questions.Select(question => Ask(collection, question.Filter, question.Bar))];
        JsonArray indexes = [.. collection.GetStats().FieldIndexes.Select(Weigh)];
        return new JsonObject
        {
            ["workload"] = "fields",
            ["set"] = options.Quick ? "million-quick" : "million",
            ["records"] = _records,
            ["parameters"] = new JsonObject { ["repetitions"] = options.Repetitions, ["times"] = _times },
            ["questions"] = questions,
            ["indexes"] = indexes,
            ["memory_mb"] = Math.Round(indexes.Sum(index => (double)index!["mb"]!), 1),
            ["bound_mb"] = Math.Round(indexes.Sum(index => (double)index!["bound_mb"]!), 1),
            ["machine"] = MachineDescription.ToJson(),
        };
    }

    private JsonObject Ask(Collection collection, string json, int bar)
    {
        var filter = Filter.Parse(json);
        long matches = collection.CountWhere(filter);
        var repetitions = new List<LatencySamples>();
        for (int repetition = 0; repetition < options.Repetitions; repetition++)
        {
            LatencySamples samples = new();
            for (int i = 0; i < _times; i++)
            {
                long begin = Stopwatch.GetTimestamp();
                collection.CountWhere(filter);
                samples.Add(Stopwatch.GetTimestamp() - begin);
            }

            repetitions.Add(samples);
        }

        LatencySamples middle = repetitions.OrderBy(samples => samples.PercentileMicroseconds(0.5)).ElementAt(repetitions.Count / 2);
        double p50 = middle.PercentileMicroseconds(0.5) / 1e3;
        Console.Error.WriteLine($"fields: {json}: {matches} in {p50:0.000} ms");
        return new JsonObject
        {
            ["filter"] = json,
            ["matches"] = matches,
            ["p50_ms"] = Math.Round(p50, 3),
            ["p99_ms"] = Math.Round(middle.PercentileMicroseconds(0.99) / 1e3, 3),
            ["bar_ms"] = bar,
            ["reached"] = p50 <= bar,
        };
    }

    // 4 bytes for each item of a record, twice that where a value's array of up to 1,024 slots has room to grow; 8 or 16 for each slot of the chunks in use; so many and its text
    // for each different value; and two bits a slot that say who has the field, and who has it otherwise.
    private JsonObject Weigh(FieldIndexState index)
    {
        const int PostingEntry = 4, MostInAnArray = 1_024, DifferentValue = 160, ArrayHeader = 24, LongestText = 16;
        long slots = (_records + SlotsOfAChunk - 1L) / SlotsOfAChunk * SlotsOfAChunk;
        long items = index.Field switch { "tags" => TagsOfARecord * (long)_records, "title" => WordsOfATitle * (long)_records, _ => _records };
        long values = index.Values ?? 0;
        long growing = Math.Min(items, values * MostInAnArray);
        long bound = (2 * slots / 8) + (index.Type switch
        {
            FieldIndexType.Keyword or FieldIndexType.Text => ((items + growing) * PostingEntry) + (values * (DifferentValue + ArrayHeader + LongestText)),
            FieldIndexType.Boolean => (2 * slots / 8) + (2 * DifferentValue),
            FieldIndexType.Geo => 2 * sizeof(double) * slots,
            _ => sizeof(double) * slots,
        });
        return new JsonObject
        {
            ["field"] = index.Field,
            ["type"] = index.Type.ToString().ToLowerInvariant(),
            ["values"] = index.Values,
            ["mb"] = Math.Round(index.MemoryBytes / 1e6, 2),
            ["bytes_per_record"] = Math.Round((double)index.MemoryBytes / _records, 2),
            ["bound_mb"] = Math.Round(bound / 1e6, 2),
            ["within"] = index.MemoryBytes <= bound,
        };
    }

    private void Fill(Collection collection)
    {
        const int Batch = 1_000;
        for (int start = 0; start < _records; start += Batch)
        {
            collection.UpsertBatch([.. Enumerable.Range(start, Batch).Select(Record)]);
        }
    }

    private static VectorRecord Record(int number)
    {
        const int Categories = 1_000, Tags = 64, Years = 125, DaysOfCreation = 2_000;
        var random = new Random(number);
        string Word() => s_words[random.Next(s_words.Length)];
        var created = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new VectorRecord(number.ToString(CultureInfo.InvariantCulture), [random.NextSingle(), random.NextSingle()])
        {
            Metadata = new MetadataObject
            {
                ["category"] = string.Create(CultureInfo.InvariantCulture, $"c{random.Next(Categories)}"),
                ["language"] = s_languages[random.Next(s_languages.Length)],
                ["tags"] = Enumerable.Range(0, TagsOfARecord).Select(_ => (MetadataValue)string.Create(CultureInfo.InvariantCulture, $"t{random.Next(Tags)}")).ToArray(),
                ["year"] = 1900 + random.Next(Years),
                ["views"] = random.NextInt64(1_000_000),
                ["price"] = Math.Round(random.NextDouble() * 1_000, 2),
                ["active"] = random.Next(4) > 0,
                ["created"] = created.AddSeconds(random.NextDouble() * DaysOfCreation * 86_400).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["place"] = new MetadataObject { ["lat"] = (random.NextDouble() * 180) - 90, ["lon"] = (random.NextDouble() * 360) - 180 },
                ["title"] = $"{Word()} {Word()} {Word()}",
            },
        };
    }
}
