using System.Diagnostics;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Output;
using Hypervex.Cli.Targets;

namespace Hypervex.Cli.Transfer;

/// <summary>What an import did.</summary>
/// <param name="Records">Records written.</param>
/// <param name="Acknowledged">From the first row read until the last batch was acknowledged.</param>
/// <param name="Durable">From the first row read until everything was on disk.</param>
internal sealed record ImportResult(long Records, TimeSpan Acknowledged, TimeSpan Durable);

/// <summary>
/// Writes the rows of a file in batches. Invariant: when it stops early, the rows before the failed batch are durable, the
/// others are absent, and the message says how many are safe and how to go on.
/// Thread safety: runs once, on one thread.
/// </summary>
internal sealed class FileImport(IDatabaseTarget target, string collection)
{
    private readonly List<VectorRecord> _batch = [];
    private long _batchBytes;
    private long _written;

    /// <summary>Records per atomic batch.</summary>
    public int BatchSize { get; init; } = 1_000;

    /// <summary>The batches' durability; null = the database's.</summary>
    public Durability? Durability { get; init; }

    /// <summary>Rows passed over at the start.</summary>
    public long Skip { get; init; }

    /// <summary>Imports all rows.</summary>
    /// <exception cref="CommandException">A row cannot be read or stored; says how many records are safe.</exception>
    public async Task<ImportResult> RunAsync(IVectorReader reader, IProgress<long> progress, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            await WriteAllAsync(reader, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not CommandException { Failure.Code: "internal_error" })
        {
            throw await StoppedAsync(reader.Path, exception).ConfigureAwait(false);
        }

        TimeSpan acknowledged = Stopwatch.GetElapsedTime(start);
        await target.FlushAsync(collection, cancellationToken).ConfigureAwait(false);
        return new ImportResult(_written, acknowledged, Stopwatch.GetElapsedTime(start));
    }

    private async Task WriteAllAsync(IVectorReader reader, IProgress<long> progress, CancellationToken cancellationToken)
    {
        VectorRow row = default;
        while (reader.TryRead(ref row))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (row.Number < Skip)
            {
                continue;
            }

            _batch.Add(row.ToRecord());
            _batchBytes += Estimate(_batch[^1]);
            if (_batch.Count == BatchSize || _batchBytes >= target.MaxBatchBytes)
            {
                await WriteBatchAsync(cancellationToken).ConfigureAwait(false);
                progress.Report(_written);
            }
        }

        await WriteBatchAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteBatchAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count > 0)
        {
            await target.UpsertAsync(collection, _batch, Durability, cancellationToken).ConfigureAwait(false);
            _written += _batch.Count;
            _batch.Clear();
            _batchBytes = 0;
        }
    }

    // As JSON, the longest of the record's forms: a float32 takes up to 13 characters, text up to 3 bytes per character.
    private static long Estimate(VectorRecord record)
    {
        const int BytesPerComponent = 13;
        const int BytesPerCharacter = 3;
        long components = (record.Vector?.Length ?? 0) + (record.Vectors?.Values.Sum(vector => (long)vector.Length) ?? 0);
        long characters = record.Id.Length + (record.Document?.Length ?? 0) + (record.Metadata?.ToJson().Length ?? 0);
        return (components * BytesPerComponent) + (characters * BytesPerCharacter);
    }

    private async Task<CommandException> StoppedAsync(string path, Exception exception)
    {
        var cause = Failure.From(exception);
        string safe;
        try
        {
            await target.FlushAsync(collection, CancellationToken.None).ConfigureAwait(false);
            safe = $"{Printable.Count(_written)} records of this run are safe; `--skip {Skip + _written}` goes on behind them.";
        }
        catch (HypervexException flush)
        {
            safe = $"{Printable.Count(_written)} records were acknowledged, but could not be made durable: {flush.Message}";
        }

        string rows = exception is HypervexException && _batch.Count > 0
            ? $"{path}, rows {Skip + _written} to {Skip + _written + _batch.Count - 1} were refused as a batch: "
            : "";
        int exit = cause.Exit == ExitCode.Usage ? ExitCode.BadDataFile : cause.Exit;
        return new CommandException(new Failure(cause.Code, $"{rows}{cause.Message} {safe}", exit));
    }
}
