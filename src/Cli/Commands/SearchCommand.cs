using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex search</c>: finds the records nearest to a vector or to a stored record.</summary>
internal sealed class SearchCommand : Verb
{
    private readonly Option<string?> _vector = new("--vector", "-v") { Description = "The query: 0.1,0.2,0.3 or [0.1, 0.2] or @FILE or - for stdin.", HelpName = "numbers" };
    private readonly Option<string?> _id = new("--id") { Description = "Find the neighbours of this record instead.", HelpName = "id" };
    private readonly Option<int> _k = NumberOption.Create("--k", "Number of results.", 1, Limits.MaxK, 10, "-k");
    private readonly Option<int?> _ef = NumberOption.Optional("--ef", "Width of the search beam; the collection's setting unless given.", 1, Limits.MaxEf);
    private readonly Option<bool> _exact = new("--exact") { Description = "Scan every record instead of walking the graph." };
    private readonly Option<float?> _minScore = new("--min-score") { Description = "Only results with at least this score.", HelpName = "x" };
    private readonly Option<bool> _withVectors = new("--with-vectors") { Description = "Return the vectors too (with --json)." };
    private readonly Option<string?> _filter = FilterOption.Create();
    private readonly Option<string> _collection = CollectionOption.Create();
    private readonly TargetOptions _target = new();

    /// <summary>Creates the command.</summary>
    public SearchCommand()
        : base(
            "search",
            "Finds the nearest records.",
            "search --vector 0.1,0.2,0.3 --k 5 --data ./vectors",
            "search --id 42 --filter '{\"part_of_speech\": \"verb\"}' --data ./demo-data",
            "search --vector @query.json --collection docs --url http://127.0.0.1:8080 --json")
    {
        Add(_vector);
        Add(_id);
        Add(_k);
        Add(_ef);
        Add(_exact);
        Add(_minScore);
        Add(_withVectors);
        Add(_filter);
        Add(_collection);
        _target.AddTo(this);
        Validators.Add(result =>
        {
            if (result.GetValue(_vector) is null == result.GetValue(_id) is null)
            {
                result.AddError("A search needs either --vector or --id.");
            }
        });
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        Include include = Include.Metadata | Include.Document | (parse.GetValue(_withVectors) ? Include.Vectors : Include.None);
        SearchQuery query = new()
        {
            Vector = parse.GetValue(_vector) is { } text ? VectorText.Read(text) : null,
            Id = parse.GetValue(_id),
            K = parse.GetValue(_k),
            Options = new SearchOptions
            {
                Ef = parse.GetValue(_ef) ?? 0,
                Exact = parse.GetValue(_exact),
                MinScore = parse.GetValue(_minScore),
                Filter = parse.ReadFilter(_filter),
                Include = include,
            },
        };
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<SearchHit> hits = await target.SearchAsync(parse.GetRequiredValue(_collection), query, cancellationToken).ConfigureAwait(false);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (answer.Json)
        {
            Answer.Write(new JsonObject
            {
                ["results"] = new JsonArray([.. hits.Select(hit => RecordJson.Of(hit, include))]),
                ["count"] = hits.Count,
                ["milliseconds"] = Math.Round(milliseconds, 3),
            });
        }
        else
        {
            HitTable.Write(answer, hits);
        }

        return ExitCode.Ok;
    }
}
