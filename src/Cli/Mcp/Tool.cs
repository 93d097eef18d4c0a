using System.Text.Json;
using System.Text.Json.Nodes;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Mcp;

/// <summary>
/// One tool that agents may call: what they read about it, and what it does. Its answer is one JSON object in the words of docs/rest.md.
/// Thread safety: immutable; <see cref="RunAsync"/> from any thread.
/// </summary>
internal sealed record Tool
{
    private readonly JsonElement _schema;
    private readonly string[] _names = [];

    /// <summary>The name, as agents call it.</summary>
    public required string Name { get; init; }

    /// <summary>What it does and when to use it, for whoever has never seen this database.</summary>
    public required string Description { get; init; }

    /// <summary>What it does to the database.</summary>
    public required ToolEffect Effect { get; init; }

    /// <summary>JSON Schema of its arguments, an object.</summary>
    public required JsonElement Schema
    {
        get => _schema;
        init
        {
            _schema = value;
            _names = [.. value.GetProperty("properties").EnumerateObject().Select(property => property.Name)];
        }
    }

    /// <summary>Does it.</summary>
    public required Func<IDatabaseTarget, ToolArguments, CancellationToken, Task<JsonObject>> Work { get; init; }

    /// <summary>Reads the arguments by the names of the schema, and does it.</summary>
    public Task<JsonObject> RunAsync(IDatabaseTarget target, IEnumerable<KeyValuePair<string, JsonElement>> arguments, CancellationToken cancellationToken) =>
        Work(target, new ToolArguments(arguments, _names), cancellationToken);
}

/// <summary>What a tool does to the database.</summary>
internal enum ToolEffect
{
    /// <summary>Nothing.</summary>
    Reads,

    /// <summary>It adds, and takes nothing away.</summary>
    Adds,

    /// <summary>What it overwrites or deletes is gone.</summary>
    Changes,
}
