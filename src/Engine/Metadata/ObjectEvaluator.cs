using System.Text;

namespace Hypervex.Metadata;

/// <summary>
/// Decides whether metadata satisfies a filter, in the plainest way: the oracle that <see cref="BytesEvaluator"/>, field
/// indexes and planners are tested against. The meaning of every operator is docs/filters.md.
/// Thread safety: pure functions.
/// </summary>
internal static class ObjectEvaluator
{
    public static bool Matches(FilterNode node, MetadataObject metadata) => node switch
    {
        FilterGroup { IsAll: true } group => group.Children.All(child => Matches(child, metadata)),
        FilterGroup group => group.Children.Any(child => Matches(child, metadata)),
        FilterNegation negation => !Matches(negation.Child, metadata),
        FilterCondition condition => Matches(condition, metadata),
        _ => throw new InvalidOperationException($"Unknown filter node {node.GetType()}."),
    };

    /// <summary>Whether two values are equal to a filter: numbers by their size, everything else by kind and content.</summary>
    public static bool Same(MetadataValue left, MetadataValue right) => (left.Kind, right.Kind) switch
    {
        (MetadataKind.Integer or MetadataKind.Float, MetadataKind.Integer or MetadataKind.Float) => Compare(left, right) == 0,
        (MetadataKind.Array, MetadataKind.Array) =>
            left.AsArray().Count == right.AsArray().Count && left.AsArray().Zip(right.AsArray()).All(pair => Same(pair.First, pair.Second)),
        (MetadataKind.Object, MetadataKind.Object) =>
            left.AsObject().Count == right.AsObject().Count
            && left.AsObject().All(member => right.AsObject().TryGetValue(member.Key, out MetadataValue other) && Same(member.Value, other)),
        _ => left == right,
    };

    private static bool Matches(FilterCondition condition, MetadataObject metadata)
    {
        bool found = condition.Field.TryFind(metadata, out MetadataValue value);
        return condition.Operator switch
        {
            FilterOperator.Exists => found == condition.Operand.AsBoolean(),
            FilterOperator.NotEqual or FilterOperator.NotIn => !found || !HoldsForValueOrItem(condition, value),
            FilterOperator.Contains => found && Contains(condition, value),
            _ => found && HoldsForValueOrItem(condition, value),
        };
    }

    private static bool HoldsForValueOrItem(FilterCondition condition, MetadataValue value) =>
        Holds(condition, value)
        || (value.Kind == MetadataKind.Array && value.AsArray().Any(item => Holds(condition, item)));

    private static bool Holds(FilterCondition condition, MetadataValue value)
    {
        MetadataValue operand = condition.Operand;
        return condition.Operator switch
        {
            FilterOperator.Equal or FilterOperator.NotEqual => Same(value, operand) || SameInstant(condition, value, operand),
            FilterOperator.In or FilterOperator.NotIn => operand.AsArray().Any(item => Same(value, item) || SameInstant(condition, value, item)),
            FilterOperator.Greater => Compare(condition, value) > 0,
            FilterOperator.GreaterOrEqual => Compare(condition, value) >= 0,
            FilterOperator.Less => Compare(condition, value) < 0,
            FilterOperator.LessOrEqual => Compare(condition, value) <= 0,
            FilterOperator.Prefix => value.Kind == MetadataKind.String && value.AsString().StartsWith(operand.AsString(), StringComparison.Ordinal),
            FilterOperator.Match => value.Kind == MetadataKind.String && HasAllTokens(value.AsString(), condition.Operand.AsString()),
            FilterOperator.Near => IsInside(value, condition.Circle!),
            _ => throw new InvalidOperationException($"{condition.Operator} is not decided value by value."),
        };
    }

    private static bool Contains(FilterCondition condition, MetadataValue value) => value.Kind switch
    {
        MetadataKind.String => condition.Operand.Kind == MetadataKind.String && value.AsString().Contains(condition.Operand.AsString(), StringComparison.Ordinal),
        MetadataKind.Array => value.AsArray().Any(item => Same(item, condition.Operand) || SameInstant(condition, item, condition.Operand)),
        _ => false,
    };

    /// <summary>Whether two texts are dates of one instant, where the field is declared to hold dates.</summary>
    private static bool SameInstant(FilterCondition condition, MetadataValue left, MetadataValue right) =>
        condition.IsOnDates && InstantOf(left) is { } one && InstantOf(right) == one;

    private static long? InstantOf(MetadataValue value) =>
        value.Kind == MetadataKind.String && Instants.TryRead(Encoding.UTF8.GetBytes(value.AsString()), out long instant) ? instant : null;

    /// <summary>The order of a value and the operand: of two instants where the field is declared to hold dates and the operand is a text.</summary>
    private static int? Compare(FilterCondition condition, MetadataValue value) =>
        condition.IsOnDates && condition.Operand.Kind == MetadataKind.String
            ? InstantOf(value)?.CompareTo(InstantOf(condition.Operand))
            : Compare(value, condition.Operand);

    /// <summary>The order of two numbers or two strings; null when they are not two of one sort, and then no comparison holds.</summary>
    private static int? Compare(MetadataValue left, MetadataValue right) => (left.Kind, right.Kind) switch
    {
        (MetadataKind.Integer, MetadataKind.Integer) => left.AsInteger().CompareTo(right.AsInteger()),
        (MetadataKind.Float, MetadataKind.Float) => left.AsDouble().CompareTo(right.AsDouble()),
        (MetadataKind.Integer, MetadataKind.Float) => NumberOrder.Compare(left.AsInteger(), right.AsDouble()),
        (MetadataKind.Float, MetadataKind.Integer) => -NumberOrder.Compare(right.AsInteger(), left.AsDouble()),
        (MetadataKind.String, MetadataKind.String) => UnicodeText.CompareAsUtf8(left.AsString(), right.AsString()),
        _ => null,
    };

    private static bool HasAllTokens(string text, string wanted)
    {
        List<(string Token, char Behind)> present = TokensOf(text);
        return TokensOf(wanted).All(token => present.Any(one =>
            token.Behind == '*' ? one.Token.StartsWith(token.Token, StringComparison.Ordinal) : one.Token == token.Token));
    }

    /// <summary>The tokens of a text, each with the character behind it.</summary>
    private static List<(string Token, char Behind)> TokensOf(string text)
    {
        var tokens = new List<(string, char)>();
        string token = "";
        foreach (Rune rune in (text + "\n").EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || (token.Length > 0 && TextTokens.IsMark(rune)))
            {
                token += TextTokens.Fold(rune).ToString();
            }
            else if (token.Length > 0)
            {
                int end = 0;
                int bytes = 0;
                foreach (Rune part in token.EnumerateRunes())
                {
                    bytes += part.Utf8SequenceLength;
                    end += bytes <= Limits.MaxTokenBytes ? part.Utf16SequenceLength : 0;
                }

                tokens.Add((token[..end], rune.Value == '*' ? '*' : ' '));
                token = "";
            }
        }

        return tokens;
    }

    private static bool IsInside(MetadataValue value, GeoCircle circle) =>
        value.Kind == MetadataKind.Object
        && value.AsObject().TryGetValue("lat", out MetadataValue latitude)
        && value.AsObject().TryGetValue("lon", out MetadataValue longitude)
        && latitude.Kind is MetadataKind.Integer or MetadataKind.Float
        && longitude.Kind is MetadataKind.Integer or MetadataKind.Float
        && GeoCircle.IsPoint(latitude.AsDouble(), longitude.AsDouble())
        && circle.Contains(latitude.AsDouble(), longitude.AsDouble());
}
