using System.Globalization;
using Hypervex.Server.Http;
using Hypervex.Server.Json;

namespace Hypervex.Server.Routes;

/// <summary>
/// Writes the lines of an import in atomic batches, and finds the line at fault when a batch is refused.
/// Before each batch it confirms that the caller may still write.
/// Invariant: when a call throws, every line before <see cref="NextLine"/> is safe and none from there on is.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class Import(Collection collection, WriteOptions options, Predicate<string> isBits, Action confirm)
{
    private const int BatchRecords = 1_000;
    private const int BatchBytes = 4 * 1024 * 1024;
    private readonly List<(long Line, VectorRecord Record)> _batch = [];
    private int _bytes;

    /// <summary>Lines whose records are written.</summary>
    public long Count { get; private set; }

    /// <summary>The first line that is not done with.</summary>
    public long NextLine { get; private set; } = 1;

    /// <summary>The line at fault; null as long as there is none.</summary>
    public long? FaultyLine { get; private set; }

    /// <summary>Takes the line that the reader stands on; a blank one is passed over.</summary>
    public async ValueTask AddAsync(LineReader lines, CancellationToken cancellationToken)
    {
        if (lines.Line.IndexOfAnyExcept(" \t\r"u8) < 0)
        {
            return;
        }

        VectorRecord record;
        try
        {
            record = StrictJson.ReadDocument(lines.Line, RecordJson.Read, isBits);
        }
        catch (HypervexException error)
        {
            long line = lines.Number;
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            throw Fault(line, error);
        }

        _batch.Add((lines.Number, record));
        _bytes += lines.Line.Length;
        if (_batch.Count == BatchRecords || _bytes >= BatchBytes)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes what is waiting.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0)
        {
            return;
        }

        confirm();
        try
        {
            await collection.UpsertBatchAsync([.. _batch.Select(item => item.Record)], options, cancellationToken).ConfigureAwait(false);
            Count += _batch.Count;
            NextLine = _batch[^1].Line + 1;
        }
        catch (HypervexException)
        {
            await WriteEachAsync(cancellationToken).ConfigureAwait(false);
        }

        _batch.Clear();
        _bytes = 0;
    }

    private async ValueTask WriteEachAsync(CancellationToken cancellationToken)
    {
        foreach ((long line, VectorRecord record) in _batch)
        {
            try
            {
                await collection.UpsertAsync(record, options, cancellationToken).ConfigureAwait(false);
            }
            catch (HypervexException error)
            {
                _batch.Clear();
                throw Fault(line, error);
            }

            Count++;
            NextLine = line + 1;
        }
    }

    private HypervexException Fault(long line, HypervexException error)
    {
        FaultyLine = line;
        NextLine = line;
        return new HypervexException(error.Code, string.Create(CultureInfo.InvariantCulture, $"Line {line}: {error.Message}"), error);
    }
}
