using System.Globalization;

namespace Hypervex.Collections;

/// <summary>Checks of a search's options at the engine's door. Thread safety: pure functions.</summary>
internal static class SearchChecks
{
    /// <summary>Checks options and query; returns the field that is searched.</summary>
    /// <param name="schema">The collection's schema.</param>
    /// <param name="query">The query as it was given.</param>
    /// <param name="options">The options.</param>
    public static FieldSchema Check(CollectionSchema schema, ReadOnlySpan<float> query, in SearchOptions options)
    {
        OptionChecks.CheckRange("ef", options.Ef, 0, Limits.MaxEf);
        OptionChecks.CheckRange("max_distances", options.MaxDistances, 0, long.MaxValue);
        if (options.Oversampling != 0 && !(options.Oversampling is >= 1 and <= Limits.MaxOversampling))
        {
            throw OutOfRange("oversampling", options.Oversampling, $"1 to {Limits.MaxOversampling}");
        }

        if (options.TargetRecall != 0 && !(options.TargetRecall is >= Limits.MinTargetRecall and <= Limits.MaxTargetRecall))
        {
            throw OutOfRange("target_recall", options.TargetRecall, string.Create(CultureInfo.InvariantCulture, $"{Limits.MinTargetRecall} to {Limits.MaxTargetRecall}; for all hits there are ask for an exact search"));
        }

        if (options.TargetRecall != 0 && options.Ef != 0)
        {
            throw new HypervexException(ErrorCode.InvalidArgument, "target_recall chooses ef; give one of them.");
        }

        if (options.MinScore is { } least && !float.IsFinite(least))
        {
            throw OutOfRange("min_score", least, "a finite number");
        }

        FieldSchema field = VectorChecks.Field(schema, options.Field);
        if (options.Radius is { } radius && !(float.IsFinite(radius) && (radius >= 0 || field.Options.Metric == Metric.Dot)))
        {
            throw OutOfRange("radius", radius, field.Options.Metric == Metric.Dot ? "a finite distance" : "a finite distance of 0 or more");
        }

        VectorChecks.Check(field, query, null);
        return field;
    }

    private static HypervexException OutOfRange(string name, float value, string expected) => new(
        ErrorCode.LimitOutOfRange, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; expected {expected}."));
}
