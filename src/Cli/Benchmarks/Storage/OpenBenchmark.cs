using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>
/// Time from opening a killed database to the first answer, by the number of records behind the last checkpoint, and once for a tenth
/// of the records: it follows the tail, not the size. Each time is taken in a process of its own; starting the process is not
/// part of it, compiling the code that opens is. Files are in the page cache.
/// </summary>
internal static class OpenBenchmark
{
    private const int SmallerBy = 10;

    /// <summary>Rows that <see cref="MeasureAsync"/> will give.</summary>
    public static int Rows(StorageSettings settings) => 1 + settings.Tails.Count + 1;

    /// <summary>Measures: killed while records stream in, killed with each tail, a smaller database with the longest tail.</summary>
    public static async IAsyncEnumerable<JsonObject> MeasureAsync(
        StorageSettings settings, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using TemporaryDirectory directory = new("hypervex-bench", settings.Directory);
        yield return await KillAndOpenAsync(settings, directory.Path, settings.Records, null, cancellationToken).ConfigureAwait(false);
        foreach (int tail in settings.Tails)
        {
            yield return await KillAndOpenAsync(settings, directory.Path, 0, tail, cancellationToken).ConfigureAwait(false);
        }

        using TemporaryDirectory smaller = new("hypervex-bench", settings.Directory);
        int records = Math.Max(1, settings.Records / SmallerBy);
        yield return await KillAndOpenAsync(settings, smaller.Path, records, settings.Tails.Max(), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<JsonObject> KillAndOpenAsync(StorageSettings settings, string path, int records, int? tail, CancellationToken cancellationToken)
    {
        ChildJob build = ChildJob.Create(ChildRole.Build, path, settings) with { Records = records, Tail = tail };
        JsonObject built = await ChildProcess.RunAndKillAsync(build, cancellationToken).ConfigureAwait(false);
        JsonObject opened = await ChildProcess.RunAndKillAsync(ChildJob.Create(ChildRole.Open, path, settings), cancellationToken).ConfigureAwait(false);
        JsonObject row = new()
        {
            ["records"] = (long?)opened["records"],
            ["behind_checkpoint"] = tail,
            ["lost"] = (long?)built["records"] - (long?)opened["records"],
        };
        foreach (string figure in (string[])["replayed", "checkpoint_problem", "opened_ms", "first_answer_ms", "hits", "anon_rss_mb", "file_handles"])
        {
            row[figure] = opened[figure]?.DeepClone();
        }

        return row;
    }
}
