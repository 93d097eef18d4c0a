namespace Hypervex.Metadata;

/// <summary>The operators on a field; docs/filters.md says what each means.</summary>
internal enum FilterOperator
{
    Equal = 0,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    In,
    NotIn,
    Exists,
    Contains,
    Prefix,
    Near,
    Match,
}

/// <summary>The JSON names of <see cref="FilterOperator"/>.</summary>
internal static class FilterOperatorNames
{
    private static readonly string[] Names =
        ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$contains", "$prefix", "$near", "$match"];

    /// <summary>All names, for a message.</summary>
    public static string Listed { get; } = string.Join(", ", Names);

    public static string ToJsonName(this FilterOperator filterOperator) => Names[(int)filterOperator];

    public static bool TryParse(string name, out FilterOperator filterOperator)
    {
        int at = Array.IndexOf(Names, name);
        filterOperator = (FilterOperator)at;
        return at >= 0;
    }
}
