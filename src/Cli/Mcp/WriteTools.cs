using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Cli.Targets;
using Hypervex.Wire;

namespace Hypervex.Cli.Mcp;

/// <summary>
/// The tools that write records: upsert, update, delete. Deleting takes ids and no filter, so that one call removes what it names and no more.
/// Thread safety: pure functions.
/// </summary>
internal static class WriteTools
{
    private static readonly string[] _recordNames = ["vector_id", "vector", "vectors", "metadata", "document"];

    /// <summary>All of them.</summary>
    public static IEnumerable<Tool> All => [Upsert, Update, Delete];

    private static Tool Upsert => new()
    {
        Name = "upsert",
        Description = "Writes records in one atomic batch, at most 10,000. A record whose id exists is replaced as a whole; to change a part of one use update. They are on disk, and found by searches, when this answers.",
        Effect = ToolEffect.Changes,
        Schema = ToolSchema.Of(
            ["records"],
            ToolSchema.Collection,
            $$"""
            "records": {"type": "array", "description": "The records; each has a vector, or vectors.", "items": {"type": "object", "additionalProperties": false, "properties": {
                "vector_id": {"type": "string", "description": "The id, 1 to 512 bytes; a new one is made when it is left out."},
                {{ToolSchema.Content}}
            } } }
            """),
        Work = UpsertAsync,
    };

    private static Tool Update => new()
    {
        Name = "update",
        Description = "Changes parts of one record; what is left out stays. Metadata are merged: a member that is null is removed.",
        Effect = ToolEffect.Changes,
        Schema = ToolSchema.Of(
            ["vector_id"],
            ToolSchema.Collection,
            """ "vector_id": {"type": "string", "description": "The id of the record."} """,
            ToolSchema.Content),
        Work = UpdateAsync,
    };

    private static Tool Delete => new()
    {
        Name = "delete",
        Description = "Deletes records by their ids, for good. Ids without a record are passed over; the answer says how many were deleted.",
        Effect = ToolEffect.Changes,
        Schema = ToolSchema.Of(
            ["vector_ids"],
            ToolSchema.Collection,
            """ "vector_ids": {"type": "array", "items": {"type": "string"}, "description": "The ids, at most 10,000."} """),
        Work = DeleteAsync,
    };

    private static async Task<JsonObject> UpsertAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken)
    {
        RecordMessage[] records =
        [
            .. arguments.RequiredObjects("records", _recordNames).Select(record => new RecordMessage
            {
                VectorId = record.Text("vector_id"),
                Vector = record.Vector("vector"),
                Vectors = record.Vectors("vectors"),
                Metadata = record.Object("metadata"),
                Document = record.Text("document"),
            }),
        ];
        BatchAnswer answer = await target.Records(QuestionTools.CollectionOf(arguments)).UpsertBatchAsync(records, cancellationToken).ConfigureAwait(false);
        return JsonSerializer.SerializeToNode(answer, WireJson.Default.BatchAnswer)!.AsObject();
    }

    private static async Task<JsonObject> UpdateAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var update = new UpdateMessage
        {
            Vector = arguments.Vector("vector"),
            Vectors = arguments.Vectors("vectors"),
            Metadata = arguments.Object("metadata"),
            Document = arguments.Text("document"),
        };
        RecordMessage stored = await target.Records(QuestionTools.CollectionOf(arguments))
            .UpdateAsync(arguments.RequiredText("vector_id"), update, cancellationToken: cancellationToken).ConfigureAwait(false);
        return JsonSerializer.SerializeToNode(stored with { Vector = null, Vectors = null }, WireJson.Default.RecordMessage)!.AsObject();
    }

    private static async Task<JsonObject> DeleteAsync(IDatabaseTarget target, ToolArguments arguments, CancellationToken cancellationToken) => new()
    {
        ["deleted"] = await target.Records(QuestionTools.CollectionOf(arguments)).DeleteBatchAsync(arguments.RequiredTexts("vector_ids"), cancellationToken).ConfigureAwait(false),
    };
}
