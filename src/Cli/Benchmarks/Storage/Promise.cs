using Hypervex.Cli.Input;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>What is true of a record when a write of some durability returns; stands beside every rate.</summary>
internal static class Promise
{
    /// <summary>The words for a durability.</summary>
    public static string Of(Durability durability) => durability switch
    {
        Durability.Fsync => "acknowledged = durable and searchable",
        Durability.Batch => "acknowledged = searchable; durable within the batch interval",
        Durability.OperatingSystem => "acknowledged = searchable; survives a kill, not a power loss",
        _ => Choice.Word(durability),
    };
}
