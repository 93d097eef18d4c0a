namespace Hypervex.Metadata;

/// <summary>
/// All of its children (<c>$and</c>), or any of them (<c>$or</c>). A group of all without children matches everything; a
/// group of any has two children or more.
/// Thread safety: immutable.
/// </summary>
internal sealed class FilterGroup : FilterNode
{
    /// <summary>Matches everything: <c>{}</c>.</summary>
    public static readonly FilterGroup Everything = new(isAll: true, []);

    private FilterGroup(bool isAll, FilterNode[] children)
    {
        IsAll = isAll;
        Children = children;
        Nodes = 1 + children.Sum(child => child.Nodes);
        Levels = 1 + children.Select(child => child.Levels).DefaultIfEmpty().Max();
        OperandBytes = children.Sum(child => child.OperandBytes);
    }

    /// <summary>Whether all children must match, or any.</summary>
    public bool IsAll { get; }

    public IReadOnlyList<FilterNode> Children { get; }

    public override int Nodes { get; }

    public override int Levels { get; }

    public override long OperandBytes { get; }

    /// <summary>What matches all of these; everything when there is none.</summary>
    public static FilterNode All(IEnumerable<FilterNode> nodes) => Create(isAll: true, nodes);

    /// <summary>What matches any of these, of which there must be one.</summary>
    public static FilterNode Any(IEnumerable<FilterNode> nodes)
    {
        FilterNode[] choices = [.. nodes];
        return Array.Exists(choices, Everything.Equals) ? Everything : Create(isAll: false, choices);
    }

    public override void CollectFields(List<string> names)
    {
        foreach (FilterNode child in Children)
        {
            child.CollectFields(names);
        }
    }

    public override bool Equals(FilterNode? other) =>
        other is FilterGroup group && IsAll == group.IsAll && Children.SequenceEqual(group.Children);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(IsAll);
        foreach (FilterNode child in Children)
        {
            hash.Add(child);
        }

        return hash.ToHashCode();
    }

    private static FilterNode Create(bool isAll, IEnumerable<FilterNode> nodes)
    {
        var flat = new List<FilterNode>();
        foreach (FilterNode node in nodes)
        {
            if (node is FilterGroup group && group.IsAll == isAll)
            {
                flat.AddRange(group.Children);
            }
            else
            {
                flat.Add(node);
            }
        }

        return flat switch
        {
            [] => Everything,
            [FilterNode only] => only,
            _ => new FilterGroup(isAll, [.. flat]),
        };
    }
}
