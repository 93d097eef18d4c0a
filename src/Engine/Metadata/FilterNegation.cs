namespace Hypervex.Metadata;

/// <summary>
/// Everything that its child does not match (<c>$not</c>).
/// Thread safety: immutable.
/// </summary>
internal sealed class FilterNegation : FilterNode
{
    private FilterNegation(FilterNode child)
    {
        Child = child;
        Nodes = child.Nodes + 1;
        Levels = child.Levels + 1;
    }

    public FilterNode Child { get; }

    public override int Nodes { get; }

    public override int Levels { get; }

    public override long OperandBytes => Child.OperandBytes;

    public static FilterNode Of(FilterNode node) => node is FilterNegation negation ? negation.Child : new FilterNegation(node);

    public override void CollectFields(List<string> names) => Child.CollectFields(names);

    public override bool Equals(FilterNode? other) => other is FilterNegation negation && Child.Equals(negation.Child);

    public override int GetHashCode() => HashCode.Combine(nameof(FilterNegation), Child);
}
