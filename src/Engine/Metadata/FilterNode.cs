using System.Globalization;

namespace Hypervex.Metadata;

/// <summary>
/// A node of the filter tree: <see cref="FilterCondition"/>, <see cref="FilterGroup"/> or <see cref="FilterNegation"/>.
/// The factories bring every tree into one shape: no group stands directly in a group of its own kind, no group has a single
/// child, no negation stands in a negation. So the builder and the JSON parser make equal trees of equal filters.
/// Thread safety: immutable.
/// </summary>
internal abstract class FilterNode : IEquatable<FilterNode>
{
    /// <summary>Greatest number of levels of a tree, which bounds the recursion over it.</summary>
    public const int MaxLevels = 32;

    /// <summary>Greatest number of bytes of all operands of a tree in the canonical encoding.</summary>
    public const long MaxOperandBytes = 1024 * 1024;

    /// <summary>Nodes of this tree.</summary>
    public abstract int Nodes { get; }

    /// <summary>Levels of this tree, 1 for a condition.</summary>
    public abstract int Levels { get; }

    /// <summary>Bytes of all operands of this tree.</summary>
    public abstract long OperandBytes { get; }

    /// <summary>Adds the names of all fields that are not in the list yet.</summary>
    public abstract void CollectFields(List<string> names);

    public abstract bool Equals(FilterNode? other);

    public override bool Equals(object? obj) => Equals(obj as FilterNode);

    public abstract override int GetHashCode();

    /// <summary>What is wrong with the tree's size; null when nothing is.</summary>
    public string? FindExcess()
    {
        if (Nodes > Limits.MaxFilterNodes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"expected at most {Limits.MaxFilterNodes} conditions and groups, found {Nodes}; use $in for many values of one field.");
        }

        if (Levels > MaxLevels)
        {
            return string.Create(CultureInfo.InvariantCulture, $"expected at most {MaxLevels} levels of $and, $or and $not, found {Levels}.");
        }

        return OperandBytes > MaxOperandBytes
            ? string.Create(CultureInfo.InvariantCulture, $"expected at most {MaxOperandBytes} bytes of operands, found {OperandBytes}.")
            : null;
    }
}
