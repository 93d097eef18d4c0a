using System.Text.Json.Nodes;

namespace Hypervex.Cli.Benchmarks.Storage;

/// <summary>Runs the parts that were asked for, one after the other, and hands out their rows as they come.</summary>
internal static class StorageBenchmark
{
    /// <summary>Rows of all parts, for the progress bar.</summary>
    public static int Rows(StorageSettings settings) => settings.Parts.Sum(part => part switch
    {
        StoragePart.Inserts => settings.Writers.Count * settings.Batches.Count,
        StoragePart.Open => OpenBenchmark.Rows(settings),
        StoragePart.Disk => 5,
        StoragePart.Load => 2,
        StoragePart.FieldIndexes => FieldIndexBenchmark.Rows,
        _ => 1,
    });

    /// <summary>Measures everything.</summary>
    /// <param name="settings">What to measure.</param>
    /// <param name="report">Receives the figures.</param>
    /// <param name="progress">Rows done.</param>
    /// <param name="cancellationToken">Stops between two pieces of work.</param>
    public static async Task<bool> RunAsync(StorageSettings settings, StorageReport report, IProgress<long> progress, CancellationToken cancellationToken)
    {
        int done = 0;
        foreach (StoragePart part in settings.Parts)
        {
            await foreach ((string table, JsonObject row) in RowsOf(part, settings, cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                report.Add(table, row);
                progress.Report(++done);
            }
        }

        return true;
    }

    private static async IAsyncEnumerable<(string Table, JsonObject Row)> RowsOf(
        StoragePart part, StorageSettings settings, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        switch (part)
        {
            case StoragePart.Inserts:
                foreach ((string table, JsonObject row) in Inserts(settings))
                {
                    yield return (table, row);
                }

                break;
            case StoragePart.Open:
                await foreach (JsonObject row in OpenBenchmark.MeasureAsync(settings, cancellationToken).ConfigureAwait(false))
                {
                    yield return ("open_after_kill", row);
                }

                break;
            case StoragePart.Load:
                foreach (JsonObject row in LoadBenchmark.Measure(settings, cancellationToken))
                {
                    yield return ("under_search_load", row);
                }

                break;
            case StoragePart.Disk:
                foreach (JsonObject row in DiskBenchmark.Measure(settings, cancellationToken))
                {
                    yield return ("disk", row);
                }

                break;
            case StoragePart.Collections:
                yield return ("many_collections", await CollectionsBenchmark.MeasureAsync(settings, cancellationToken).ConfigureAwait(false));
                break;
            case StoragePart.FieldIndexes:
                foreach (JsonObject row in FieldIndexBenchmark.Measure(settings, cancellationToken))
                {
                    yield return ("open_with_field_indexes", row);
                }

                break;
            case StoragePart.Memory:
                yield return ("memory", await MemoryAsync(settings, cancellationToken).ConfigureAwait(false));
                break;
        }
    }

    private static IEnumerable<(string Table, JsonObject Row)> Inserts(StorageSettings settings)
    {
        Dictionary<int, double> bytes = [];
        foreach (int writers in settings.Writers)
        {
            foreach (int batch in settings.Batches)
            {
                InsertBenchmark.WarmUp(settings, writers, batch);
                JsonObject row = InsertBenchmark.Measure(settings, writers, batch);
                bytes[batch] = (double)row["log_bytes_per_record"]! * batch;
                yield return ("inserts", row);
            }
        }

        using TemporaryDirectory directory = new("hypervex-bench", settings.Directory);
        foreach ((int batch, double size) in bytes)
        {
            if (SyncFloor.Measure(directory.Path, batch, Math.Max(1, (int)size), settings.Duration) is { } floor)
            {
                yield return ("write_and_fdatasync", floor);
            }
        }
    }

    private static async Task<JsonObject> MemoryAsync(StorageSettings settings, CancellationToken cancellationToken)
    {
        using TemporaryDirectory directory = new("hypervex-bench", settings.Directory);
        ChildJob build = ChildJob.Create(ChildRole.Build, directory.Path, settings) with { Records = settings.Records };
        return await ChildProcess.RunAndKillAsync(build, cancellationToken).ConfigureAwait(false);
    }
}
