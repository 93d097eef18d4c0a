using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Cli.Input;
using Hypervex.Cli.Targets;
using Hypervex.Wire;

namespace Hypervex.Cli.Mcp;

/// <summary>
/// The tools that read records: search, get, list, count.
/// Thread safety: pure functions.
/// </summary>
internal static class QuestionTools
{
    private const int DefaultPage = 20;

    // An agent reads texts; the numbers of vectors would fill its context.
    private static readonly string[] _usualParts = ["metadata", "document"];

    /// <summary>All of them.</summary>
    public static IEnumerable<Tool> All => [Search, Get, List, Count];

    private static Tool Search => new()
    {
        Name = "search",
        Description = "Finds the records nearest to a vector, or to the vector of a stored record (vector_id). Results come nearest first with score (greater is better), distance, metadata and document. "
            + "The vector must come from the embedding model that the collection's vectors come from; without one, search by vector_id, or use list with a filter.",
        Effect = ToolEffect.Reads,
        Schema = ToolSchema.Of(
            [],
            ToolSchema.Collection,
            """
            "query_vector": {"type": "array", "items": {"type": "number"}, "description": "The query; as many numbers as the collection's dimension. Give it or vector_id."},
            "vector_id": {"type": "string", "description": "The id of a stored record whose neighbours are wanted; it is not among them."},
            "min_score": {"type": "number", "description": "Only results with at least this score."},
            "exact": {"type": "boolean", "description": "Compare with every record instead of walking the graph: slower, nothing is missed."},
            "using": {"type": "string", "description": "The named vector field to search; the default field when left out."}
            """,
            ToolSchema.Integer("top_k", "Number of results; 10 when left out.", 1, Limits.MaxK),
            ToolSchema.Filter,
            ToolSchema.Include),
        Work = SearchAsync,
    };

    private static Tool Get => new()
    {
        Name = "get",
        Description = "Reads records by their ids. Ids without a record come back under \"missing\".",
        Effect = ToolEffect.Reads,
        Schema = ToolSchema.Of(
            ["vector_ids"],
            ToolSchema.Collection,
            """ "vector_ids": {"type": "array", "items": {"type": "string"}, "description": "The ids, at most 10,000."} """,
            ToolSchema.Include),
        Work = GetAsync,
    };

    private static Tool List => new()
    {
        Name = "list",
        Description = "Lists records page by page, all or those that match a filter, in order of creation or of a metadata field. next_cursor is null on the last page.",
        Effect = ToolEffect.Reads,
        Schema = ToolSchema.Of(
            [],
            ToolSchema.Collection,
            ToolSchema.Filter,
            ToolSchema.Integer("limit", "Records of a page; 20 when left out.", 1, Limits.MaxPage),
            """
            "cursor": {"type": "string", "description": "next_cursor of the page before, with the same other arguments."},
            "order_by": {"type": "string", "description": "The metadata field whose values order the records."},
            "descending": {"type": "boolean", "description": "The greatest values first; with order_by."}
            """,
            ToolSchema.Include),
        Work = ListAsync,
    };

    private static Tool Count => new()
    {
        Name = "count",
        Description = "Counts the records of a collection, all or those that match a filter.",
        Effect = ToolEffect.Reads,
        Schema = ToolSchema.Of([], ToolSchema.Collection, ToolSchema.Filter),
        Work = CountAsync,
    };

    /// <summary>The collection that a tool is about.</summary>
    public static string CollectionOf(ToolArguments arguments) => arguments.Text("collection") ?? CollectionOption.DefaultName;

    private static async Task<JsonObject> SearchAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken)
    {
        if (arguments.Has("query_vector") == arguments.Has("vector_id"))
        {
            throw ToolArguments.Wrong("A search takes either query_vector or vector_id.");
        }

        var search = new SearchMessage
        {
            QueryVector = arguments.Vector("query_vector"),
            VectorId = arguments.Text("vector_id"),
            TopK = arguments.Integer("top_k", 1, Limits.MaxK),
            MinScore = arguments.Number("min_score"),
            Exact = arguments.Flag("exact"),
            Using = arguments.Text("using"),
            Filter = arguments.Object("filter"),
            Include = arguments.Texts("include") ?? _usualParts,
        };
        SearchAnswer answer = await target.Records(CollectionOf(arguments)).SearchAsync(search, cancellationToken).ConfigureAwait(false);
        return JsonSerializer.SerializeToNode(answer, WireJson.Default.SearchAnswer)!.AsObject();
    }

    private static async Task<JsonObject> GetAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken)
    {
        GetAnswer answer = await target.Records(CollectionOf(arguments))
            .GetAsync(arguments.RequiredTexts("vector_ids"), arguments.Texts("include") ?? _usualParts, cancellationToken).ConfigureAwait(false);
        return JsonSerializer.SerializeToNode(answer, WireJson.Default.GetAnswer)!.AsObject();
    }

    private static async Task<JsonObject> ListAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var list = new ListMessage
        {
            Limit = arguments.Integer("limit", 1, Limits.MaxPage) ?? DefaultPage,
            Cursor = arguments.Text("cursor"),
            Filter = arguments.Object("filter"),
            OrderBy = arguments.Text("order_by"),
            Descending = arguments.Flag("descending"),
            Include = arguments.Texts("include") ?? _usualParts,
        };
        PageAnswer answer = await target.Records(CollectionOf(arguments)).ListAsync(list, cancellationToken).ConfigureAwait(false);
        JsonObject json = JsonSerializer.SerializeToNode(answer, WireJson.Default.PageAnswer)!.AsObject();
        json.TryAdd("next_cursor", null);
        return json;
    }

    private static async Task<JsonObject> CountAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken) =>
        new() { ["count"] = await target.Records(CollectionOf(arguments)).CountAsync(arguments.Object("filter"), cancellationToken).ConfigureAwait(false) };
}
