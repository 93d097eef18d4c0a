using System.Text;

namespace Hypervex.Metadata;

/// <summary>
/// Names a value inside metadata. In each object, a member whose name is the whole rest of the path wins, dots and all;
/// otherwise the path goes on behind its first dot in the object of the name before it. Arrays are not walked.
/// So <c>a.b</c> finds 1 in <c>{"a.b": 1, "a": {"b": 2}}</c> and 2 in <c>{"a": {"b": 2}}</c>.
/// Thread safety: immutable.
/// </summary>
internal sealed class FieldPath : IEquatable<FieldPath>
{
    private readonly Step[] _steps;

    public FieldPath(string name)
    {
        Name = name;
        string[] parts = name.Split('.');
        _steps = new Step[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            _steps[i] = new Step(string.Join('.', parts.AsSpan(i)!), parts[i]);
        }
    }

    /// <summary>The path as it was written.</summary>
    public string Name { get; }

    /// <summary>Finds the value in an object.</summary>
    public bool TryFind(MetadataObject metadata, out MetadataValue value)
    {
        MetadataObject inside = metadata;
        foreach (Step step in _steps)
        {
            if (inside.TryGetValue(step.Rest, out value))
            {
                return true;
            }

            if (!inside.TryGetValue(step.Head, out MetadataValue next) || next.Kind != MetadataKind.Object)
            {
                break;
            }

            inside = next.AsObject();
        }

        value = default;
        return false;
    }

    /// <summary>Finds the value in the canonical bytes of an object.</summary>
    public bool TryFind(ReadOnlySpan<byte> body, out EncodedValue value)
    {
        foreach (Step step in _steps)
        {
            if (TryFindMember(body, step.RestUtf8, out value))
            {
                return true;
            }

            if (!TryFindMember(body, step.HeadUtf8, out EncodedValue next) || next.Tag != MetadataTag.Object)
            {
                break;
            }

            body = next.Payload;
        }

        value = default;
        return false;
    }

    public bool Equals(FieldPath? other) => other is not null && Name == other.Name;

    public override bool Equals(object? obj) => Equals(obj as FieldPath);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    private static bool TryFindMember(ReadOnlySpan<byte> body, ReadOnlySpan<byte> key, out EncodedValue value)
    {
        for (var members = new EncodedMembers(body); members.MoveNext();)
        {
            int order = members.Key.SequenceCompareTo(key);
            if (order >= 0)
            {
                value = members.Value;
                return order == 0;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The rest of the path from here on, and its first part.</summary>
    private readonly struct Step(string rest, string head)
    {
        public string Rest { get; } = rest;

        public string Head { get; } = head;

        public byte[] RestUtf8 { get; } = Encoding.UTF8.GetBytes(rest);

        public byte[] HeadUtf8 { get; } = Encoding.UTF8.GetBytes(head);
    }
}
