using System.Text.Json.Nodes;
using Hypervex.Cli.DataFiles;
using Hypervex.Cli.Input;
using Hypervex.Cli.Output;

namespace Hypervex.Cli.Transfer;

/// <summary>What <c>generate</c> makes and where it goes.</summary>
internal sealed record GenerationPlan
{
    /// <summary>The data.</summary>
    public required GeneratorOptions Options { get; init; }

    /// <summary>The file of the rows.</summary>
    public required string RowFile { get; init; }

    /// <summary>Number of queries; 0 = no queries and no ground truth.</summary>
    public required int Queries { get; init; }

    /// <summary>The file of the queries.</summary>
    public required string QueryFile { get; init; }

    /// <summary>The file of the true neighbours.</summary>
    public required string TruthFile { get; init; }

    /// <summary>What the true neighbours are nearest under.</summary>
    public required Metric Metric { get; init; }

    /// <summary>True neighbours per query.</summary>
    public required int K { get; init; }

    /// <summary>Writes all files.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var generator = VectorGenerator.Create(Options);
        await ProgressDisplay.RunAsync(
            "Generating", Options.Count, progress => Write(RowFile, Options.Count, generator.FillRow, progress, cancellationToken)).ConfigureAwait(false);
        if (Queries == 0)
        {
            return;
        }

        Write(QueryFile, Queries, generator.FillQuery, new Progress<long>(), cancellationToken);
        float[][] queries = new float[Queries][];
        for (int q = 0; q < Queries; q++)
        {
            queries[q] = new float[Options.Dimension];
            generator.FillQuery(q, queries[q]);
        }

        int[][] truth = await ProgressDisplay.RunAsync(
            "Exact neighbours",
            Options.Count,
            progress =>
            {
                using IVectorReader rows = VectorFile.Open(RowFile, new FormatOptions { Dimension = Options.Dimension });
                return GroundTruth.Compute(rows, queries, Metric, K, progress: progress, cancellationToken: cancellationToken);
            }).ConfigureAwait(false);
        GroundTruth.Write(TruthFile, truth);
    }

    /// <summary>The JSON form.</summary>
    public JsonObject ToJson() => new()
    {
        ["distribution"] = Choice.Word(Options.Distribution),
        ["count"] = Options.Count,
        ["dimension"] = Options.Dimension,
        ["seed"] = Options.Seed,
        ["normalized"] = Options.Normalize,
        ["output"] = RowFile,
        ["queries"] = Queries,
        ["query_output"] = Queries > 0 ? QueryFile : null,
        ["truth_output"] = Queries > 0 ? TruthFile : null,
        ["metric"] = Queries > 0 ? Choice.Word(Metric) : null,
        ["k"] = Queries > 0 ? K : null,
    };

    private delegate void Fill(long number, Span<float> vector);

    private long Write(string file, long count, Fill fill, IProgress<long> progress, CancellationToken cancellationToken)
    {
        const int ReportEvery = 4_096;
        using IVectorWriter writer = VectorFile.Create(file, new FormatOptions { Dimension = Options.Dimension });
        VectorRow row = new() { Vector = new float[Options.Dimension] };
        for (long number = 0; number < count; number++)
        {
            if (number % ReportEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress.Report(number);
            }

            fill(number, row.Vector);
            row.Number = number;
            writer.Write(row);
        }

        writer.Complete();
        return writer.Count;
    }
}
