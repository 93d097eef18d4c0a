namespace Hypervex.Metadata;

/// <summary>
/// The instants that the operand of a condition names, for a field that is declared to hold dates. Invariant: one or more, in order, each once.
/// Thread safety: immutable.
/// </summary>
internal sealed class DateOperand
{
    private readonly long[] _instants;

    private DateOperand(IEnumerable<long> instants) => _instants = [.. instants.Distinct().Order()];

    /// <summary>All of them; an operand that is no list has one.</summary>
    public ReadOnlySpan<long> Instants => _instants;

    /// <summary>The instants of a condition's operand; null when it names none.</summary>
    /// <param name="filterOperator">The operator.</param>
    /// <param name="operand">The operand.</param>
    /// <param name="problem">What is wrong: an order needs a date where it has a text.</param>
    public static DateOperand? Of(FilterOperator filterOperator, EncodedValue operand, out string? problem)
    {
        problem = null;
        switch (filterOperator)
        {
            case FilterOperator.Greater or FilterOperator.GreaterOrEqual or FilterOperator.Less or FilterOperator.LessOrEqual when operand.Tag == MetadataTag.String:
                if (TryRead(operand, out long bound))
                {
                    return new DateOperand([bound]);
                }

                problem = "the field is declared as datetime: expected a date of RFC 3339, as in \"2024-05-01T12:00:00Z\" or \"2024-05-01\", found "
                    + JsonTrail.Quote(System.Text.Encoding.UTF8.GetString(operand.Payload)) + ".";
                return null;
            case FilterOperator.Equal or FilterOperator.NotEqual or FilterOperator.Contains:
                return TryRead(operand, out long instant) ? new DateOperand([instant]) : null;
            case FilterOperator.In or FilterOperator.NotIn:
                var instants = new List<long>();
                for (var items = new EncodedItems(operand.Payload); items.MoveNext();)
                {
                    if (TryRead(items.Current, out long item))
                    {
                        instants.Add(item);
                    }
                }

                return instants.Count > 0 ? new DateOperand(instants) : null;
            default:
                return null;
        }
    }

    /// <summary>The instant that a value names; false when it is no date.</summary>
    public static bool TryRead(EncodedValue value, out long instant)
    {
        instant = 0;
        return value.Tag == MetadataTag.String && Metadata.Instants.TryRead(value.Payload, out instant);
    }

    /// <summary>Whether a value is a date at one of the instants.</summary>
    public bool Contains(EncodedValue value) => TryRead(value, out long instant) && Array.BinarySearch(_instants, instant) >= 0;

    /// <summary>The order of a value and the only instant; false when the value is no date.</summary>
    public bool TryCompare(EncodedValue value, out int order)
    {
        bool isDate = TryRead(value, out long instant);
        order = instant.CompareTo(_instants[0]);
        return isDate;
    }
}
