using System.CommandLine;

namespace Hypervex.Cli.Input;

/// <summary>The options that describe a new collection.</summary>
internal sealed class CollectionSettings
{
    private readonly Option<Metric> _metric = Choice.WithDefault("--metric", "How distances are measured.", Metric.Cosine);
    private readonly Option<double> _curvature = NumberOption.Create("--curvature", "c of the curvature -c, under poincare and lorentz.", Limits.MinCurvature, Limits.MaxCurvature, 1);
    private readonly Option<bool> _project = new("--project") { Description = "Move points outside of the domain of poincare or lorentz into it instead of refusing them." };
    private readonly Option<QuantizationKind> _quantization = Choice.WithDefault("--quantization", "The codes that searches run on; answers carry true distances.", QuantizationKind.None);
    private readonly Option<IndexType> _index = Choice.WithDefault("--index", "A graph, or a scan of everything: exact, for small collections.", IndexType.Hnsw);
    private readonly Option<int> _m = NumberOption.Create("--m", "HNSW links per node and level.", Limits.MinM, Limits.MaxM, new HnswOptions().M);
    private readonly Option<int> _efConstruction = NumberOption.Create("--ef-construction", "HNSW beam width while building.", 1, Limits.MaxEfConstruction, new HnswOptions().EfConstruction);
    private readonly Option<int> _efDefault = NumberOption.Create("--default-ef", "HNSW beam width of searches that ask for none.", 1, Limits.MaxEf, new HnswOptions().Ef);
    private readonly Option<long?> _capacity = NumberOption.Optional("--capacity", "Greatest number of records; unlimited unless given.", 1L, long.MaxValue);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_metric);
        command.Add(_curvature);
        command.Add(_project);
        command.Add(_quantization);
        command.Add(_index);
        command.Add(_m);
        command.Add(_efConstruction);
        command.Add(_efDefault);
        command.Add(_capacity);
    }

    /// <summary>The schema for rows of so many numbers; under hamming each holds eight bits.</summary>
    public CollectionOptions ReadForRows(ParseResult parse, int? numbers) =>
        Read(parse, parse.GetValue(_metric) == Metric.Hamming ? 8 * numbers : numbers);

    /// <summary>The schema that the command line describes.</summary>
    public CollectionOptions Read(ParseResult parse, int? dimension) => new()
    {
        Capacity = parse.GetValue(_capacity),
        Vectors = new Dictionary<string, VectorFieldOptions>
        {
            [""] = new()
            {
                Dimension = dimension,
                Metric = parse.GetValue(_metric),
                Curvature = parse.GetValue(_curvature),
                Project = parse.GetValue(_project),
                Quantization = parse.GetValue(_quantization),
                Index = new HnswOptions
                {
                    Type = parse.GetValue(_index),
                    M = parse.GetValue(_m),
                    EfConstruction = parse.GetValue(_efConstruction),
                    Ef = parse.GetValue(_efDefault),
                },
            },
        },
    };
}
