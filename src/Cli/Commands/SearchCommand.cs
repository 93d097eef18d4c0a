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
    private const int DefaultK = 10;

    private readonly Option<string?> _vector = new("--vector", "-v") { Description = "The query: 0.1,0.2,0.3 or [0.1, 0.2] or @FILE or - for stdin.", HelpName = "numbers" };
    private readonly Option<string?> _id = new("--id") { Description = "Find the neighbours of this record instead.", HelpName = "id" };
    private readonly Option<int?> _k = NumberOption.Optional("--k", "Number of results; 10 unless given, with --radius all.", 1, Limits.MaxK, "-k");
    private readonly Option<float?> _radius = new("--radius") { Description = "Range search: all results within this distance.", HelpName = "x" };
    private readonly Option<int?> _ef = NumberOption.Optional("--ef", "Width of the search beam; the collection's setting unless given.", 1, Limits.MaxEf);
    private readonly Option<float?> _targetRecall =
        NumberOption.Optional("--target-recall", "The recall to hold, instead of --ef.", Limits.MinTargetRecall, Limits.MaxTargetRecall);

    private readonly Option<float?> _oversampling =
        NumberOption.Optional("--oversampling", "How many times --k candidates are ranked again by full precision at least.", 1f, Limits.MaxOversampling);

    private readonly Option<long?> _maxDistances = NumberOption.Optional("--max-distances", "Limit on the records that are compared.", 1L, long.MaxValue);
    private readonly Option<string?> _using = new("--using") { Description = "The vector field; the default one unless given.", HelpName = "field" };
    private readonly Option<bool> _exact = new("--exact") { Description = "Scan every record instead of walking the graph." };
    private readonly Option<float?> _minScore = new("--min-score") { Description = "Only results with at least this score.", HelpName = "x" };
    private readonly Option<bool> _explain = new("--explain") { Description = "Say how the results were found, and what an index would help." };
    private readonly Option<string[]> _like = new("--like") { Description = "Records that results shall be like, instead of a query.", HelpName = "ids", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _unlike = new("--unlike") { Description = "Records that results shall be unlike; with --like.", HelpName = "ids", AllowMultipleArgumentsPerToken = true };
    private readonly Option<RecommendStrategy> _strategy = Choice.WithDefault("--strategy", "How --like and --unlike become a question.", RecommendStrategy.AverageVector);
    private readonly Option<string?> _groupBy = new("--group-by") { Description = "The metadata field whose values make groups; --k is their number.", HelpName = "field" };
    private readonly Option<int> _groupSize = NumberOption.Create("--group-size", "Greatest number of results of a group.", 1, Limits.MaxK, 1);
    private readonly Option<float?> _diversity = NumberOption.Optional("--diversity", "Choose results that differ (maximal marginal relevance): 0 = only nearness, 1 = only diversity.", 0f, 1f);
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
            "search --vector @query.json --collection docs --url http://127.0.0.1:8080 --json",
            "search --like 42 43 --unlike 7 --data ./vectors",
            "search --id 42 --group-by kind --group-size 2 --data ./vectors")
    {
        Add(_vector);
        Add(_id);
        Add(_k);
        Add(_radius);
        Add(_ef);
        Add(_targetRecall);
        Add(_oversampling);
        Add(_maxDistances);
        Add(_using);
        Add(_exact);
        Add(_minScore);
        Add(_like);
        Add(_unlike);
        Add(_strategy);
        Add(_groupBy);
        Add(_groupSize);
        Add(_diversity);
        Add(_withVectors);
        Add(_explain);
        Add(_filter);
        Add(_collection);
        _target.AddTo(this);
        Validators.Add(result =>
        {
            bool isLike = result.GetValue(_like) is { Length: > 0 };
            if ((result.GetValue(_vector) is null ? 0 : 1) + (result.GetValue(_id) is null ? 0 : 1) + (isLike ? 1 : 0) != 1)
            {
                result.AddError("A search needs either --vector or --id, or --like.");
            }

            if (!isLike && result.GetValue(_unlike) is { Length: > 0 })
            {
                result.AddError("--unlike goes with --like.");
            }

            if ((isLike ? 1 : 0) + (result.GetValue(_groupBy) is null ? 0 : 1) + (result.GetResult(_diversity) is null ? 0 : 1) > 1)
            {
                result.AddError("--like, --group-by and --diversity exclude each other.");
            }

            if (result.GetResult(_ef) is not null && result.GetResult(_targetRecall) is not null)
            {
                result.AddError("--target-recall chooses the beam; give it or --ef.");
            }
        });
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parse, Answer answer, CancellationToken cancellationToken)
    {
        Include include = Include.Metadata | Include.Document | (parse.GetValue(_withVectors) ? Include.Vectors : Include.None);
        float? radius = parse.GetValue(_radius);
        SearchQuery query = new()
        {
            Vector = parse.GetValue(_vector) is { } text ? VectorText.Read(text) : null,
            Id = parse.GetValue(_id),
            Positive = parse.GetValue(_like) is { Length: > 0 } like ? like : null,
            Negative = parse.GetValue(_unlike) ?? [],
            Strategy = parse.GetValue(_strategy),
            GroupBy = parse.GetValue(_groupBy),
            GroupSize = parse.GetValue(_groupSize),
            Diversity = parse.GetValue(_diversity) is { } diversity ? new DiversityOptions { Lambda = 1 - diversity } : null,
            K = parse.GetValue(_k) ?? (radius is null ? DefaultK : Limits.MaxK),
            Options = new SearchOptions
            {
                Field = parse.GetValue(_using),
                Radius = radius,
                Ef = parse.GetValue(_ef) ?? 0,
                TargetRecall = parse.GetValue(_targetRecall) ?? 0,
                Oversampling = parse.GetValue(_oversampling) ?? 0,
                MaxDistances = parse.GetValue(_maxDistances) ?? 0,
                Exact = parse.GetValue(_exact),
                Explain = parse.GetValue(_explain),
                MinScore = parse.GetValue(_minScore),
                Filter = parse.ReadFilter(_filter),
                Include = include,
            },
        };
        await using IDatabaseTarget target = _target.Open(parse, mayCreate: false);
        long start = Stopwatch.GetTimestamp();
        FoundHits found = await target.SearchAsync(parse.GetRequiredValue(_collection), query, cancellationToken).ConfigureAwait(false);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (answer.Json)
        {
            var json = new JsonObject
            {
                [found.Groups is null ? "results" : "groups"] = found.Groups is { } groups
                    ? new JsonArray([.. groups.Select(group => new JsonObject { ["value"] = JsonNode.Parse(group.Value.ToString()), ["results"] = Hits(group.Hits) })])
                    : Hits(found.Hits),
                ["count"] = found.Groups?.Count ?? found.Hits.Count,
                ["milliseconds"] = Math.Round(milliseconds, 3),
            };
            if (found.LimitedBy is not null)
            {
                json["limited_by"] = found.LimitedBy;
            }

            if (found.Ef is { } ef)
            {
                json["ef"] = ef;
            }

            if (found.Explanation is { } explanation)
            {
                json["explain"] = FieldIndexText.ToJson(explanation);
            }

            Answer.Write(json);
        }
        else
        {
            foreach (HitGroup group in found.Groups ?? [])
            {
                Answer.Line(Printable.Clean(group.Value.ToString()));
                HitTable.Write(answer, group.Hits);
            }

            if (found.Groups is not { Count: > 0 })
            {
                HitTable.Write(answer, found.Hits);
            }

            if (found.LimitedBy is not null)
            {
                Answer.Line(found.LimitedBy == "top_k" ? "There may be more: as many were found as --k allows." : "There may be nearer ones: --max-distances ended the search.");
            }

            foreach (string line in found.Explanation is { } explanation ? FieldIndexText.ToText(explanation) : [])
            {
                Answer.Line(line);
            }
        }

        return ExitCode.Ok;

        JsonArray Hits(IReadOnlyList<SearchHit> hits) => [.. hits.Select(hit => RecordJson.Of(hit, include))];
    }
}
