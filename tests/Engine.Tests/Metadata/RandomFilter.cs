using Hypervex.Metadata;

namespace Hypervex.Engine.Tests.Metadata;

/// <summary>Makes random filters about the same vocabulary as the metadata, so that matches are common.</summary>
internal sealed class RandomFilter(RandomMetadata metadata)
{
    private static readonly FilterOperator[] Operators = Enum.GetValues<FilterOperator>();

    private static readonly string[] s_matches = ["oak", "Tree, OAK!", "tr*", "o* t*", "É", "5", "x", "2020 01", "2020* t02", "e\u0301", "zzz"];

    public Filter Next(int levels) => Filter.Create(Node(levels));

    private FilterNode Node(int levels)
    {
        int shape = levels == 0 ? 0 : metadata.Chance.Next(7);
        return shape switch
        {
            4 => FilterGroup.All(Nodes(0, levels)),
            5 => FilterGroup.Any(Nodes(1, levels)),
            6 => FilterNegation.Of(Node(levels - 1)),
            _ => Condition(),
        };
    }

    private FilterNode[] Nodes(int fewest, int levels) =>
        [.. Enumerable.Range(0, metadata.Chance.Next(fewest, 4)).Select(_ => Node(levels - 1))];

    private FilterCondition Condition()
    {
        FilterOperator filterOperator = Operators[metadata.Chance.Next(Operators.Length)];
        MetadataValue operand = filterOperator switch
        {
            FilterOperator.Greater or FilterOperator.GreaterOrEqual or FilterOperator.Less or FilterOperator.LessOrEqual =>
                metadata.Chance.Next(3) == 0 ? metadata.Text() : metadata.Number(),
            FilterOperator.In or FilterOperator.NotIn => Enumerable.Range(0, metadata.Chance.Next(6)).Select(_ => metadata.Value(2)).ToArray(),
            FilterOperator.Exists => metadata.Chance.Next(2) == 0,
            FilterOperator.Prefix => metadata.Text(),
            FilterOperator.Match => s_matches[metadata.Chance.Next(s_matches.Length)],
            FilterOperator.Contains => metadata.Chance.Next(4) == 0 ? metadata.Value(2) : metadata.Text(),
            FilterOperator.Near => new MetadataObject
            {
                ["lat"] = (metadata.Chance.NextDouble() * 4) - 2,
                ["lon"] = metadata.Chance.Next(-2, 3),
                ["radius_m"] = metadata.Chance.Next(300_000),
            },
            _ => metadata.Value(3),
        };
        string field = metadata.Chance.Next(4) == 0 ? metadata.Key() + "." + metadata.Key() : metadata.Key();
        return FilterCondition.TryCreate(new FieldPath(field), filterOperator, operand, out string? problem)
            ?? throw new InvalidOperationException(problem);
    }
}
