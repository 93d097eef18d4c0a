using Hypervex;

namespace Hypervex.Engine.Tests.Metadata;

/// <summary>Makes random metadata from small vocabularies, so that equal and nearly equal values meet often.</summary>
internal sealed class RandomMetadata(int seed)
{
    private static readonly string[] Keys = ["a", "b", "a.b", "tags", "year", "", "é", "\uFFFD", "😀", "place"];

    // Three spellings of one instant, its neighbours, and what is nearly a date.
    private static readonly string[] Dates =
    [
        "2020-01-01", "2020-01-01T02:00:00+02:00", "2019-12-31T23:59:60Z", "2020-01-01T00:00:00.0000001Z", "2019-12-31t19:00:00.5-05:00", "2020-01-01T00:00:00",
    ];

    private static readonly string[] Texts = ["", "x", "oak", "oak tree", "tree", "Oak", "é", "e\u0301", "\uFFFD", "😀", "\0", "5", .. Dates];
    private static readonly long[] Integers = [0, 1, -1, 5, 2020, 1L << 53, (1L << 53) + 1, long.MaxValue, long.MaxValue - 1, long.MinValue];
    private static readonly double[] Floats = [0.0, 1.0, -1.5, 5.0, 2020.0, 9007199254740992.0, 9.223372036854775807e18, -9.223372036854775808e18, 1e300, 5e-324, 0.1];

    public Random Chance { get; } = new(seed);

    public string Key() => Keys[Chance.Next(Keys.Length)];

    public string Text() => Texts[Chance.Next(Texts.Length)];

    public string Date() => Dates[Chance.Next(Dates.Length)];

    public MetadataValue Number() => Chance.Next(2) == 0 ? Integers[Chance.Next(Integers.Length)] : Floats[Chance.Next(Floats.Length)];

    public MetadataValue Scalar() => Chance.Next(4) switch
    {
        0 => MetadataValue.Null,
        1 => Chance.Next(2) == 0,
        2 => Number(),
        _ => Text(),
    };

    public MetadataValue Value(int levels) => (levels == 0 ? 0 : Chance.Next(8)) switch
    {
        6 => Enumerable.Range(0, Chance.Next(4)).Select(_ => Value(levels - 1)).ToArray(),
        7 => Object(levels - 1),
        5 => new MetadataObject { ["lat"] = Number(), ["lon"] = Number() }.ToReadOnlyValue(levels),
        4 => new MetadataObject { ["lat"] = (Chance.NextDouble() * 4) - 2, ["lon"] = (Chance.NextDouble() * 4) - 2 }.ToReadOnlyValue(levels),
        _ => Scalar(),
    };

    public MetadataObject Object(int levels)
    {
        var made = new MetadataObject();
        for (int i = Chance.Next(8); i > 0; i--)
        {
            made[Key()] = Value(levels);
        }

        return made;
    }
}

internal static class RandomMetadataExtensions
{
    public static MetadataValue ToReadOnlyValue(this MetadataObject point, int levels) => levels > 0 ? point : MetadataValue.Null;
}
