using System.Globalization;

namespace Hypervex.Bench.Storage;

/// <summary>The command line of <c>bench/run storage</c>.</summary>
internal sealed record StorageOptions
{
    /// <summary>Short points, one repetition.</summary>
    public bool Quick { get; init; }

    /// <summary>How often every row is measured.</summary>
    public int Repetitions { get; init; } = 3;

    /// <summary>Longest duration of a row.</summary>
    public double Seconds { get; init; } = 3;

    /// <summary>How long both sides rehearse every row before it is measured, so that their code is compiled.</summary>
    public double WarmUp { get; init; } = 3;

    /// <summary>Most records of a row.</summary>
    public int Records { get; init; } = 100_000;

    /// <summary>Whether docs/benchmarks.md gets the table.</summary>
    public bool Document { get; init; }

    /// <summary>Records per batch.</summary>
    public IReadOnlyList<int> Batches { get; init; } = [1, 100, 1_000];

    /// <summary>Writers at the same time.</summary>
    public IReadOnlyList<int> Writers { get; init; } = [1, 16];

    /// <summary>Where databases are made; its disk is what is measured.</summary>
    public string Directory { get; init; } = System.IO.Directory.GetCurrentDirectory();

    /// <summary>Reads it.</summary>
    /// <exception cref="ArgumentException">It is not understood.</exception>
    public static StorageOptions Parse(string[] args)
    {
        StorageOptions options = new();
        for (int i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--quick" => options with { Quick = true, Repetitions = 1, Seconds = 0.5, WarmUp = 0.5, Records = 5_000 },
                "--document" => options with { Document = true },
                "--repetitions" => options with { Repetitions = int.Parse(Value(args, ref i), CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = double.Parse(Value(args, ref i), CultureInfo.InvariantCulture) },
                "--warm-up" => options with { WarmUp = double.Parse(Value(args, ref i), CultureInfo.InvariantCulture) },
                "--writers" => options with { Writers = [.. Value(args, ref i).Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))] },
                "--batches" => options with { Batches = [.. Value(args, ref i).Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))] },
                "--records" => options with { Records = int.Parse(Value(args, ref i), CultureInfo.InvariantCulture) },
                "--directory" => options with { Directory = Value(args, ref i) },
                "--codes" or "--threads" when ++i < args.Length => options,
                _ => throw new ArgumentException($"\"{args[i]}\" is not an option: --quick, --repetitions N, --seconds N, --warm-up N, --records N, --writers N,…, --batches N,…, --directory FOLDER, --document."),
            };
        }

        return options;
    }

    private static string Value(string[] args, ref int i) => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value.");
}
