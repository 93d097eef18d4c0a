using Hypervex.Cli.DataFiles;

namespace Hypervex.Cli.Demonstration;

/// <summary>
/// The bundled sample: 8,000 WordNet entries as 256-d vectors of their definitions, 200 sentences as queries, and each
/// query's 100 true neighbours. Ids are row numbers. Immutable.
/// </summary>
internal sealed class WordNetSample
{
    private const int Dimension = 256;

    private static readonly Dictionary<string, string> s_columnNames = new()
    {
        ["pos"] = "part_of_speech",
        ["lexname"] = "category",
        ["first_word"] = "word",
        ["n_words"] = "words",
        ["gloss"] = "document",
    };

    private WordNetSample(List<VectorRecord> records, List<float[]> queries, List<string> sentences, int[][] neighbours)
    {
        Records = records;
        Queries = queries;
        Sentences = sentences;
        Neighbours = neighbours;
    }

    /// <summary>The entries: definition as document; word, part of speech and category as metadata.</summary>
    public IReadOnlyList<VectorRecord> Records { get; }

    /// <summary>The sentences' vectors.</summary>
    public IReadOnlyList<float[]> Queries { get; }

    /// <summary>The sentences.</summary>
    public IReadOnlyList<string> Sentences { get; }

    /// <summary>The bundled true neighbours of each query, nearest first.</summary>
    public IReadOnlyList<int[]> Neighbours { get; }

    /// <summary>Where the sample lies beside the executable.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "data", "wordnet-lsa-sample");

    /// <summary>Reads the sample.</summary>
    /// <exception cref="CommandException">It is missing.</exception>
    public static WordNetSample Load()
    {
        string rows = Path.Combine(Folder, "base.f16");
        if (!File.Exists(rows))
        {
            throw CommandException.NotFound("file_not_found", $"The bundled sample is missing: {rows}. Build hypervex from a complete clone.");
        }

        FormatOptions format = new()
        {
            Dimension = Dimension,
            Sidecar = Path.Combine(Folder, "base.tsv.gz"),
            ColumnNames = s_columnNames,
            TextColumns = new HashSet<string> { "word" },
        };
        return new WordNetSample(
            ReadRecords(rows, format),
            Input.InputFile.ReadVectors(Path.Combine(Folder, "query.f16"), new FormatOptions { Dimension = Dimension }),
            [.. File.ReadLines(Path.Combine(Folder, "query.tsv")).Skip(1).Select(line => line.Split('\t')[1])],
            GroundTruth.Read(Path.Combine(Folder, "groundtruth.ivecs")));
    }

    private static List<VectorRecord> ReadRecords(string path, FormatOptions format)
    {
        List<VectorRecord> records = [];
        using IVectorReader reader = VectorFile.Open(path, format);
        VectorRow row = default;
        while (reader.TryRead(ref row))
        {
            VectorRecord record = row.ToRecord();
            record.Metadata!["part_of_speech"] = PartOfSpeech(record.Metadata["part_of_speech"].AsString());
            records.Add(record);
        }

        return records;
    }

    // WordNet's letters; "s" is an adjective that belongs to the cluster of another one.
    private static string PartOfSpeech(string letter) => letter switch
    {
        "n" => "noun",
        "v" => "verb",
        "r" => "adverb",
        "a" or "s" => "adjective",
        _ => letter,
    };
}
