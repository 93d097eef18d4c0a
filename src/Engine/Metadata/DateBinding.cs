namespace Hypervex.Metadata;

/// <summary>
/// Gives a filter the meaning that it has in a collection whose schema declares fields as datetime: there texts that are dates are compared as
/// instants. Errors name the path in the filter's JSON form. Thread safety: one caller at a time.
/// </summary>
internal sealed class DateBinding(Func<string, bool> isDate)
{
    private readonly JsonTrail _trail = new("filter", ErrorCode.InvalidFilter);

    /// <summary>The same filter, bound.</summary>
    /// <exception cref="HypervexException"><see cref="ErrorCode.InvalidFilter"/>: a date is compared with what is none.</exception>
    public FilterNode Bind(FilterNode node)
    {
        switch (node)
        {
            case FilterCondition condition:
                return isDate(condition.Field.Name) ? BindCondition(condition) : condition;
            case FilterNegation negation:
                _trail.Enter("$not");
                FilterNode child = Bind(negation.Child);
                _trail.Leave();
                return FilterNegation.Of(child);
            default:
                var group = (FilterGroup)node;
                return group.IsAll ? FilterGroup.All(group.Children.Select(Bind).ToArray()) : BindAny(group);
        }
    }

    private FilterNode BindAny(FilterGroup group)
    {
        var bound = new FilterNode[group.Children.Count];
        _trail.Enter("$or");
        for (int i = 0; i < bound.Length; i++)
        {
            _trail.EnterItem(i);
            bound[i] = Bind(group.Children[i]);
            _trail.Leave();
        }

        _trail.Leave();
        return FilterGroup.Any(bound);
    }

    private FilterCondition BindCondition(FilterCondition condition)
    {
        _trail.Enter(condition.Field.Name);
        _trail.Enter(condition.Operator.ToJsonName());
        FilterCondition bound = condition.OnDates(out string? problem) ?? throw _trail.Refuse(problem!);
        _trail.Leave();
        _trail.Leave();
        return bound;
    }
}
