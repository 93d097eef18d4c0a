using System.Text.Json.Nodes;
using Hypervex.Cli.Output;

namespace Hypervex.Cli.Commands;

/// <summary><c>hypervex compact</c>: removes what was overwritten or deleted from every file, and gives its space back.</summary>
internal sealed class CompactCommand() : CollectionsVerb<CompactionReport>(
    "compact",
    "Removes what was overwritten or deleted from every file, and gives its space back.",
    "compact --data ./vectors",
    "compact --data ./vectors --collection docs --json")
{
    /// <inheritdoc/>
    protected override string Title(string name) => $"Compacting \"{name}\"";

    /// <inheritdoc/>
    protected override CompactionReport Run(Collection collection, CancellationToken cancellationToken) => collection.Compact(cancellationToken);

    /// <inheritdoc/>
    protected override void AddTo(JsonObject json, CompactionReport report)
    {
        json["bytes_before"] = report.BytesBefore;
        json["bytes_after"] = report.BytesAfter;
        json["records_moved"] = report.RecordsMoved;
    }

    /// <inheritdoc/>
    protected override string ToText(CompactionReport report) =>
        $"{Printable.Size(report.BytesBefore)} before, {Printable.Size(report.BytesAfter)} after; {Printable.Count(report.RecordsMoved)} records moved";
}
