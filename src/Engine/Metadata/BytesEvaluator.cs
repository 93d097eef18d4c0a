namespace Hypervex.Metadata;

/// <summary>
/// Decides whether metadata satisfies a filter on its canonical bytes, without decoding and without allocating. Agrees with
/// <see cref="ObjectEvaluator"/> on every filter and every object.
/// Thread safety: pure functions.
/// </summary>
internal static class BytesEvaluator
{
    public static bool Matches(FilterNode node, ReadOnlySpan<byte> metadata)
    {
        switch (node)
        {
            case FilterCondition condition:
                return Matches(condition, metadata);
            case FilterNegation negation:
                return !Matches(negation.Child, metadata);
            default:
                var group = (FilterGroup)node;
                for (int i = 0; i < group.Children.Count; i++)
                {
                    if (Matches(group.Children[i], metadata) != group.IsAll)
                    {
                        return !group.IsAll;
                    }
                }

                return group.IsAll;
        }
    }

    /// <summary>Whether two values are equal to a filter: numbers by their size, everything else by kind and content.</summary>
    public static bool Same(EncodedValue left, EncodedValue right)
    {
        if (IsNumber(left.Tag) && IsNumber(right.Tag))
        {
            return CompareNumbers(left, right) == 0;
        }

        if (left.Tag != right.Tag)
        {
            return false;
        }

        return left.Payload.SequenceEqual(right.Payload)
            || (left.Tag == MetadataTag.Array && SameItems(left.Payload, right.Payload))
            || (left.Tag == MetadataTag.Object && SameMembers(left.Payload, right.Payload));
    }

    private static bool Matches(FilterCondition condition, ReadOnlySpan<byte> metadata)
    {
        bool found = condition.Field.TryFind(metadata, out EncodedValue value);
        return condition.Operator switch
        {
            FilterOperator.Exists => found == (condition.EncodedOperand.Tag == MetadataTag.True),
            FilterOperator.NotEqual or FilterOperator.NotIn => !found || !HoldsForValueOrItem(condition, value),
            FilterOperator.Contains => found && (Contains(value, condition.EncodedOperand) || HasDate(condition, value)),
            _ => found && HoldsForValueOrItem(condition, value),
        };
    }

    private static bool HoldsForValueOrItem(FilterCondition condition, EncodedValue value)
    {
        if (Holds(condition, value))
        {
            return true;
        }

        if (value.Tag == MetadataTag.Array)
        {
            for (var items = new EncodedItems(value.Payload); items.MoveNext();)
            {
                if (Holds(condition, items.Current))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether one value, or one item of an array, satisfies a condition; <c>$ne</c> and <c>$nin</c> without their negation.</summary>
    public static bool Holds(FilterCondition condition, EncodedValue value)
    {
        EncodedValue operand = condition.EncodedOperand;
        switch (condition.Operator)
        {
            case FilterOperator.Equal or FilterOperator.NotEqual:
                return Same(value, operand) || condition.Dates?.Contains(value) == true;
            case FilterOperator.In or FilterOperator.NotIn:
                return condition.Values!.Contains(value) || condition.Dates?.Contains(value) == true;
            case FilterOperator.Prefix:
                return value.Tag == MetadataTag.String && value.Payload.StartsWith(operand.Payload);
            case FilterOperator.Match:
                return value.Tag == MetadataTag.String && condition.Query!.Matches(value.Payload);
            case FilterOperator.Near:
                return TryReadPoint(value, out double latitude, out double longitude) && condition.Circle!.Contains(latitude, longitude);
            default:
                return (condition.Dates is { } date ? date.TryCompare(value, out int order) : TryCompare(value, operand, out order)) && condition.Operator switch
                {
                    FilterOperator.Greater => order > 0,
                    FilterOperator.GreaterOrEqual => order >= 0,
                    FilterOperator.Less => order < 0,
                    _ => order <= 0,
                };
        }
    }

    /// <summary>Whether an array has an item that is the operand's instant.</summary>
    private static bool HasDate(FilterCondition condition, EncodedValue value)
    {
        if (condition.Dates is { } date && value.Tag == MetadataTag.Array)
        {
            for (var items = new EncodedItems(value.Payload); items.MoveNext();)
            {
                if (date.Contains(items.Current))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary><c>$contains</c>: a substring of a string, or an item of an array.</summary>
    public static bool Contains(EncodedValue value, EncodedValue operand)
    {
        if (value.Tag == MetadataTag.String)
        {
            return operand.Tag == MetadataTag.String && value.Payload.IndexOf(operand.Payload) >= 0;
        }

        if (value.Tag == MetadataTag.Array)
        {
            for (var items = new EncodedItems(value.Payload); items.MoveNext();)
            {
                if (Same(items.Current, operand))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool TryCompare(EncodedValue left, EncodedValue right, out int order)
    {
        if (IsNumber(left.Tag) && IsNumber(right.Tag))
        {
            order = CompareNumbers(left, right);
            return true;
        }

        bool texts = left.Tag == MetadataTag.String && right.Tag == MetadataTag.String;
        order = texts ? left.Payload.SequenceCompareTo(right.Payload) : 0;
        return texts;
    }

    private static int CompareNumbers(EncodedValue left, EncodedValue right) => (left.Tag, right.Tag) switch
    {
        (MetadataTag.Integer, MetadataTag.Integer) => left.Integer.CompareTo(right.Integer),
        (MetadataTag.Float, MetadataTag.Float) => left.Float.CompareTo(right.Float),
        (MetadataTag.Integer, _) => NumberOrder.Compare(left.Integer, right.Float),
        _ => -NumberOrder.Compare(right.Integer, left.Float),
    };

    private static bool SameItems(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var ours = new EncodedItems(left);
        var theirs = new EncodedItems(right);
        while (ours.MoveNext())
        {
            if (!theirs.MoveNext() || !Same(ours.Current, theirs.Current))
            {
                return false;
            }
        }

        return !theirs.MoveNext();
    }

    private static bool SameMembers(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var ours = new EncodedMembers(left);
        var theirs = new EncodedMembers(right);
        while (ours.MoveNext())
        {
            if (!theirs.MoveNext() || !ours.Key.SequenceEqual(theirs.Key) || !Same(ours.Value, theirs.Value))
            {
                return false;
            }
        }

        return !theirs.MoveNext();
    }

    /// <summary>The point that an object with <c>lat</c> and <c>lon</c> in degrees names.</summary>
    public static bool TryReadPoint(EncodedValue value, out double latitude, out double longitude)
    {
        bool hasLatitude = false;
        bool hasLongitude = false;
        latitude = 0;
        longitude = 0;
        if (value.Tag == MetadataTag.Object)
        {
            for (var members = new EncodedMembers(value.Payload); members.MoveNext();)
            {
                if (members.Key.SequenceEqual("lat"u8))
                {
                    hasLatitude = TryGetNumber(members.Value, out latitude);
                }
                else if (members.Key.SequenceEqual("lon"u8))
                {
                    hasLongitude = TryGetNumber(members.Value, out longitude);
                }
            }
        }

        return hasLatitude && hasLongitude && GeoCircle.IsPoint(latitude, longitude);
    }

    private static bool TryGetNumber(EncodedValue value, out double number)
    {
        number = value.Tag switch
        {
            MetadataTag.Integer => value.Integer,
            MetadataTag.Float => value.Float,
            _ => 0,
        };
        return IsNumber(value.Tag);
    }

    private static bool IsNumber(byte tag) => tag is MetadataTag.Integer or MetadataTag.Float;
}
