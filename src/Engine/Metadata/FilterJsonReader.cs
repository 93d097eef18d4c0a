using System.Globalization;
using System.Text.Json;

namespace Hypervex.Metadata;

/// <summary>
/// Reads the JSON form of a filter (docs/filters.md) strictly. Every error names the path and says what was expected and
/// found. Nodes, levels and operand bytes are counted while reading, so a hostile filter costs no more than its limits.
/// Thread safety: one caller at a time.
/// </summary>
internal sealed class FilterJsonReader
{
    private readonly JsonTrail _trail = new("filter", ErrorCode.InvalidFilter);
    private readonly MetadataJsonReader _operands;
    private int _nodes;

    private FilterJsonReader() => _operands = new MetadataJsonReader(_trail, FilterNode.MaxOperandBytes);

    /// <summary>Reads the whole text as one filter.</summary>
    public static FilterNode ReadDocument(ref Utf8JsonReader reader) => new FilterJsonReader().Read(ref reader, wholeText: true);

    /// <summary>Reads the filter that the reader stands on, or before; afterwards the reader stands on its end.</summary>
    public static FilterNode ReadFilter(ref Utf8JsonReader reader) => new FilterJsonReader().Read(ref reader, wholeText: false);

    private FilterNode Read(ref Utf8JsonReader reader, bool wholeText)
    {
        try
        {
            if (wholeText || reader.TokenType is JsonTokenType.None or JsonTokenType.PropertyName)
            {
                _trail.Next(ref reader);
            }

            FilterNode node = ReadNode(ref reader, level: 1);
            if (wholeText)
            {
                // Throws when anything but blanks follows.
                reader.Read();
            }

            return node;
        }
        catch (JsonException cause)
        {
            throw _trail.Malformed(cause);
        }
    }

    private FilterNode ReadNode(ref Utf8JsonReader reader, int level)
    {
        Expect(JsonTokenType.StartObject, ref reader);
        if (level > FilterNode.MaxLevels)
        {
            throw _trail.Refuse(string.Create(CultureInfo.InvariantCulture, $"expected at most {FilterNode.MaxLevels} levels of $and, $or and $not; here begins one more."));
        }

        var parts = new List<FilterNode>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (TryEnterMember(ref reader, names, out string name))
        {
            switch (name)
            {
                case "$and":
                    CountNode();
                    parts.Add(FilterGroup.All(ReadNodes(ref reader, level)));
                    break;
                case "$or":
                    CountNode();
                    parts.Add(FilterGroup.Any(ReadNodes(ref reader, level)));
                    break;
                case "$not":
                    CountNode();
                    parts.Add(FilterNegation.Of(ReadNode(ref reader, level + 1)));
                    break;
                default:
                    RefuseOperatorAsField(name);
                    ReadField(ref reader, new FieldPath(name), parts);
                    break;
            }

            _trail.Leave();
        }

        if (parts.Count == 0)
        {
            CountNode();
        }

        return FilterGroup.All(parts);
    }

    private List<FilterNode> ReadNodes(ref Utf8JsonReader reader, int level)
    {
        Expect(JsonTokenType.StartArray, ref reader);
        var nodes = new List<FilterNode>();
        for (_trail.Next(ref reader); reader.TokenType != JsonTokenType.EndArray; _trail.Next(ref reader))
        {
            _trail.EnterItem(nodes.Count);
            nodes.Add(ReadNode(ref reader, level + 1));
            _trail.Leave();
        }

        return nodes.Count > 0 ? nodes : throw _trail.Refuse("expected at least one filter, found an empty array.");
    }

    private void ReadField(ref Utf8JsonReader reader, FieldPath field, List<FilterNode> conditions)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            ReadOperators(ref reader, field, conditions, negated: false);
        }
        else
        {
            conditions.Add(ReadCondition(ref reader, field, FilterOperator.Equal));
        }
    }

    private void ReadOperators(ref Utf8JsonReader reader, FieldPath field, List<FilterNode> conditions, bool negated)
    {
        Expect(JsonTokenType.StartObject, ref reader);
        int before = conditions.Count;
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (TryEnterMember(ref reader, names, out string name))
        {
            if (name == "$not" && !negated)
            {
                CountNode();
                var inside = new List<FilterNode>();
                ReadOperators(ref reader, field, inside, negated: true);
                conditions.Add(FilterNegation.Of(FilterGroup.All(inside)));
            }
            else if (FilterOperatorNames.TryParse(name, out FilterOperator filterOperator))
            {
                conditions.Add(ReadCondition(ref reader, field, filterOperator));
            }
            else
            {
                throw _trail.Refuse(name.StartsWith('$')
                    ? $"unknown operator {JsonTrail.Quote(name)}; expected one of {FilterOperatorNames.Listed}, $not."
                    : $"expected an operator (one of {FilterOperatorNames.Listed}, $not), found the name {JsonTrail.Quote(name)}. Write a nested field as \"a.b\", and compare with a whole object by $eq.");
            }

            _trail.Leave();
        }

        if (conditions.Count == before)
        {
            throw _trail.Refuse($"expected at least one operator (one of {FilterOperatorNames.Listed}, $not), found an empty object.");
        }
    }

    private FilterCondition ReadCondition(ref Utf8JsonReader reader, FieldPath field, FilterOperator filterOperator)
    {
        CountNode();
        MetadataValue operand = _operands.ReadValue(ref reader, level: 1);
        return FilterCondition.TryCreate(field, filterOperator, operand, out string? problem) ?? throw _trail.Refuse(problem!);
    }

    private bool TryEnterMember(ref Utf8JsonReader reader, HashSet<string> names, out string name)
    {
        _trail.Next(ref reader);
        name = "";
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return false;
        }

        Expect(JsonTokenType.PropertyName, ref reader);
        name = _trail.Text(ref reader);
        _trail.Enter(name);
        if (!names.Add(name))
        {
            throw _trail.NotStrict("the key appears more than once; combine conditions in one object, or by $and.");
        }

        _trail.Next(ref reader);
        return true;
    }

    private void RefuseOperatorAsField(string name)
    {
        if (FilterOperatorNames.TryParse(name, out _))
        {
            throw _trail.Refuse($"expected a field's name, $and, $or or $not, found the operator {name}, which stands inside of a field: {{\"field\": {{\"{name}\": ...}}}}.");
        }

        if (name.StartsWith('$'))
        {
            throw _trail.Refuse($"unknown operator {JsonTrail.Quote(name)}; expected a field's name, $and, $or or $not.");
        }
    }

    private void Expect(JsonTokenType expected, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != expected)
        {
            throw _trail.Refuse($"expected {JsonTrail.Describe(expected)}, found {JsonTrail.Describe(reader.TokenType)}.");
        }
    }

    private void CountNode()
    {
        if (++_nodes > Limits.MaxFilterNodes)
        {
            throw _trail.Refuse(string.Create(CultureInfo.InvariantCulture, $"expected at most {Limits.MaxFilterNodes} conditions and groups; here begins one more. Use $in for many values of one field."));
        }
    }
}
