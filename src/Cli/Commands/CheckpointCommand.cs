using System.Text.Json.Nodes;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex checkpoint</c>: takes a checkpoint, so that the next opening need not replay the log. Its report: whether one was taken.</summary>
internal sealed class CheckpointCommand() : CollectionsVerb<bool>(
    "checkpoint",
    "Takes a checkpoint, so that the next opening need not replay the log.",
    "checkpoint --data ./vectors",
    "checkpoint --data ./vectors --collection docs --json")
{
    /// <inheritdoc/>
    protected override string Title(string name) => $"Taking a checkpoint of \"{name}\"";

    /// <inheritdoc/>
    protected override bool Run(Collection collection, CancellationToken cancellationToken) => collection.Checkpoint(cancellationToken);

    /// <inheritdoc/>
    protected override void AddTo(JsonObject json, bool report) => json["taken"] = report;

    /// <inheritdoc/>
    protected override string ToText(bool report) => report ? "checkpoint taken" : "nothing has changed since the last checkpoint";
}
