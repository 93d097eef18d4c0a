using System.Globalization;

namespace Hypervex.Bench.Run;

/// <summary>The command line of <c>bench/run</c>.</summary>
internal sealed record BenchOptions
{
    /// <summary>The workload's id, <c>accuracy</c>, <c>all</c> or <c>document</c>.</summary>
    public required string Workload { get; init; }

    /// <summary>Small data, short points, one repetition: to see that everything works.</summary>
    public bool Quick { get; init; }

    /// <summary>How often every point of every peer is measured.</summary>
    public int Repetitions { get; init; } = 3;

    /// <summary>Least duration of a point.</summary>
    public double Seconds { get; init; } = 3;

    /// <summary>Threads that build; the same for all peers.</summary>
    public int BuildThreads { get; init; } = 2;

    /// <summary>Codes to measure; null = those of the workload.</summary>
    public IReadOnlyList<QuantizationKind>? Codes { get; init; }

    /// <summary>Whether tables and plots are written into docs/ afterwards.</summary>
    public bool Document { get; init; }

    /// <summary>Reads it.</summary>
    /// <exception cref="ArgumentException">It is not understood.</exception>
    public static BenchOptions Parse(string[] args)
    {
        BenchOptions options = new() { Workload = args.Length > 0 ? args[0] : "all" };
        for (int i = 1; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--quick" => options with { Quick = true, Repetitions = 1, Seconds = 0.2 },
                "--document" => options with { Document = true },
                "--repetitions" => options with { Repetitions = (int)Number(args, ref i) },
                "--seconds" => options with { Seconds = Number(args, ref i) },
                "--threads" => options with { BuildThreads = (int)Number(args, ref i) },
                "--codes" => options with { Codes = [.. Value(args, ref i).Split(',').Select(word => Enum.Parse<QuantizationKind>(word, ignoreCase: true))] },
                _ => throw new ArgumentException($"\"{args[i]}\" is not an option: --quick, --repetitions N, --seconds N, --threads N, --codes none,sq8,sq4,auto, --document."),
            };
        }

        return options;
    }

    private static double Number(string[] args, ref int i) => double.Parse(Value(args, ref i), CultureInfo.InvariantCulture);

    private static string Value(string[] args, ref int i) =>
        ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value.");
}
