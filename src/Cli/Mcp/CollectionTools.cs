using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Mcp;

/// <summary>
/// The tools about collections: list, describe, create. None drops one.
/// Thread safety: pure functions.
/// </summary>
internal static class CollectionTools
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Tool> All => [List, Describe, Create];

    private static Tool List => new()
    {
        Name = "list_collections",
        Description = "Names the collections of the database, and the aliases that stand for some of them.",
        Effect = ToolEffect.Reads,
        Schema = ToolSchema.Of([]),
        Work = ListAsync,
    };

    private static Tool Describe => new()
    {
        Name = "describe_collection",
        Description = "Tells what a collection holds: number of records, dimension and metric of its vectors (null until the first is written), greatest number of records, index.",
        Effect = ToolEffect.Reads,
        Schema = ToolSchema.Of([], ToolSchema.Collection),
        Work = DescribeAsync,
    };

    private static Tool Create => new()
    {
        Name = "create_collection",
        Description = "Creates an empty collection; fails with collection_exists when there is one of that name.",
        Effect = ToolEffect.Adds,
        Schema = ToolSchema.Of(
            ["name"],
            """
            "name": {"type": "string", "description": "The new collection's name."},
            "metric": {"type": "string", "enum": ["cosine", "l2", "dot", "manhattan", "hamming"], "description": "How distances are measured; cosine when left out."}
            """,
            ToolSchema.Integer("dimension", "Numbers of each vector; the first vector decides when left out.", 1, Limits.MaxDimension)),
        Work = CreateAsync,
    };

    private static async Task<JsonObject> ListAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names = await target.ListCollectionsAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyDictionary<string, string> aliases = await target.ListAliasesAsync(cancellationToken).ConfigureAwait(false);
        return new JsonObject
        {
            ["collections"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]),
            ["aliases"] = new JsonObject(aliases.Select(alias => KeyValuePair.Create(alias.Key, (JsonNode?)alias.Value))),
        };
    }

    private static async Task<JsonObject> DescribeAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken) =>
        PartsOf(await target.DescribeAsync(QuestionTools.CollectionOf(arguments), cancellationToken).ConfigureAwait(false));

    private static async Task<JsonObject> CreateAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken)
    {
        string name = arguments.RequiredText("name");
        string? word = arguments.Text("metric");
        Metric metric = Metric.Cosine;
        if (word is not null && !Choice.TryRead(word, out metric))
        {
            throw ToolArguments.Wrong($"metric: \"{word}\" is none of cosine, l2, dot, manhattan, hamming.");
        }

        var field = new VectorFieldOptions { Dimension = arguments.Integer("dimension", 1, Limits.MaxDimension), Metric = metric };
        await target.CreateCollectionAsync(name, new CollectionOptions { Vectors = new Dictionary<string, VectorFieldOptions> { [""] = field } }, cancellationToken).ConfigureAwait(false);
        return PartsOf(await target.DescribeAsync(name, cancellationToken).ConfigureAwait(false));
    }

    // Sizes of files and of memory are for those who run the database.
    private static JsonObject PartsOf(CollectionSummary summary)
    {
        JsonObject all = summary.ToJson();
        string[] told = ["name", "count", "dimension", "metric", "capacity", "index"];
        return new JsonObject(told.Select(key => KeyValuePair.Create(key, all[key]?.DeepClone())));
    }
}
