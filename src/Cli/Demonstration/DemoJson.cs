using System.Text.Json.Nodes;
using Hypervex.Cli.Benchmarks;
using Hypervex.Cli.Output;

namespace Hypervex.Cli.Demonstration;

/// <summary>The demo's figures as one JSON object.</summary>
internal static class DemoJson
{
    /// <summary>The object; durations in the unit that their names end in.</summary>
    public static JsonObject Of(DemoFigures figures)
    {
        AnnPoint headline = figures.Quality.Headline;
        return new JsonObject
        {
            ["recall_at_10"] = Math.Round(headline.Recall, 6),
            ["p50_us"] = Math.Round(headline.P50Microseconds, 2),
            ["p99_us"] = Math.Round(headline.P99Microseconds, 2),
            ["data"] = figures.DataPath,
            ["collection"] = figures.Collection.ToJson(),
            ["import"] = Import(figures.Import),
            ["searches"] = new JsonArray([.. figures.Searches.Select(Search)]),
            ["quality"] = Quality(figures.Quality),
            ["files"] = new JsonArray([.. figures.Files.Select(file => new JsonObject { ["path"] = file.Path, ["bytes"] = file.Bytes })]),
            ["next"] = new JsonArray([.. DemoReport.NextCommands(figures.DataPath).Select(command => JsonValue.Create(command))]),
            ["machine"] = MachineDescription.ToJson(),
        };
    }

    private static JsonObject Import(DemoImport import)
    {
        return new JsonObject
        {
            ["records"] = import.Records,
            ["acknowledged"] = Rate(import.Acknowledged),
            ["durable"] = Rate(import.Durable),
            ["searchable"] = Rate(import.Searchable),
        };

        JsonObject Rate(TimeSpan time) => new()
        {
            ["seconds"] = Math.Round(time.TotalSeconds, 4),
            ["per_second"] = Math.Round(import.Records / time.TotalSeconds, 1),
        };
    }

    private static JsonObject Search(DemoSearch search) => new()
    {
        ["sentence"] = search.Sentence,
        ["filter"] = search.Filter is { } filter ? JsonNode.Parse(filter.ToJson()) : null,
        ["results"] = new JsonArray([.. search.Hits.Select(hit => RecordJson.Of(hit, Include.Metadata | Include.Document))]),
    };

    private static JsonObject Quality(DemoQuality quality) => new()
    {
        ["k"] = DemoRun.K,
        ["queries"] = quality.Queries,
        ["ef"] = quality.Ef,
        ["recall_against_exact_search"] = Math.Round(quality.Headline.Recall, 6),
        ["recall_against_bundled_truth"] = Math.Round(quality.BundledRecall, 6),
        ["exact_search_against_bundled_truth"] = Math.Round(quality.ExactAgainstBundled, 6),
        ["curve"] = new JsonArray([.. quality.Curve.Select(point => new JsonObject
        {
            ["ef"] = point.Ef,
            ["recall"] = Math.Round(point.Recall, 6),
            ["qps"] = Math.Round(point.QueriesPerSecond, 1),
            ["p50_us"] = Math.Round(point.P50Microseconds, 2),
            ["p99_us"] = Math.Round(point.P99Microseconds, 2),
        })]),
    };
}
